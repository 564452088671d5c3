// The residents' form: the next list of places comes by itself, and words of danger show whom to call at once.
import { Alarm } from "./alarm.js";

const form = document.getElementById("report");

async function fill(select) {
  const next = form.elements[select.dataset.next];
  const blank = next.options[0];
  next.replaceChildren(blank);
  if (next.dataset.next) form.elements[next.dataset.next].replaceChildren(form.elements[next.dataset.next].options[0]);
  if (!select.value) return;
  const asked = select.value;
  try {
    const answer = await fetch(`${form.dataset.places}?in=${encodeURIComponent(asked)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || select.value !== asked) return;
    for (const [id, name] of await answer.json()) next.add(new Option(name, id));
  } catch {
    // Without the list the place can still be written under "where exactly"; sending says what is needed.
  }
}

function watch() {
  const alarm = new Alarm(JSON.parse(document.getElementById("alarm-words").textContent));
  const danger = document.getElementById("danger");
  const text = form.elements.narrative;
  const look = () => {
    const isLoud = alarm.holds("danger", text.value) || alarm.holds("crisis", text.value);
    if (isLoud === danger.classList.contains("danger-loud")) return;
    danger.classList.toggle("danger-loud", isLoud);
    if (isLoud) danger.setAttribute("role", "alert");
    else danger.removeAttribute("role");
  };
  text.addEventListener("input", look);
  look();
}

if (form) {
  for (const select of form.querySelectorAll("[data-next]")) select.addEventListener("change", () => fill(select));
  watch();
}

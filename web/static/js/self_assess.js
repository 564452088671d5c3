// The residents' self-assessment: every answer is kept as it is given; the line is offered the moment one asks for it.
import { post } from "./post.js";
import { t } from "./words.js";

const form = document.getElementById("self-assess");
const ticket = form.elements.namedItem("ticket").value;

async function keep(field) {
  const set = field.closest("[data-item]");
  const told = set.querySelector(".saved");
  try {
    const answer = await post(form.dataset.save, { ticket, item: Number(set.dataset.item), value: Number(field.value) });
    told.textContent = "";
    if (answer.offer) offer(set);
  } catch (problem) {
    told.textContent = problem.status
      ? problem.message
      : t("没有连上，点“看结果”时会再存一次", "Not connected; it is kept when you ask for the result");
  }
}

// Right below the answer that asks for it: nobody has to look for it, and nobody is taken away from the page.
function offer(set) {
  const part = document.querySelector("[data-offer]");
  if (!part.hidden) return;
  set.after(part);
  part.hidden = false;
}

form.addEventListener("change", (event) => {
  if (event.target.matches("input[type=radio]")) keep(event.target);
});

// The wall's telephone: it stands by, is rung into a conversation, and stays on while the wall renews itself.
import { post } from "./post.js";
import { Softphone } from "./softphone.js";
import { t } from "./words.js";

const part = (id) => document.getElementById(id);
const SAID_MOST = 6;

function tell(words, kind = "good") {
  const note = document.createElement("span");
  note.className = `chip ${kind === "good" ? "chip-green" : "chip-red"}`;
  note.textContent = words;
  part("listen-told").replaceChildren(...(words ? [note] : []));
}

// Show at once what has changed; the wall's own round brings the rest.
async function renew() {
  const now = part("now");
  const answer = await fetch(now.dataset.live, { credentials: "same-origin", headers: { Accept: "text/html", "X-Live": "1" } });
  if (answer.ok) now.innerHTML = await answer.text(); // our own server's escaped fragment
}

let phone = null;
phone = Softphone.start({
  standby: true,
  onState: (state) => {
    part("listen-phone").textContent = phone ? phone.words : "";
    if (state === "connected") part("listen-says").replaceChildren();
    if (["connected", "standby"].includes(state)) renew().catch(() => {});
    if (state === "standby") tell("");
  },
});
part("listen-phone").textContent = phone.words;

phone.addEventListener("says", ({ detail }) => {
  const line = document.createElement("li");
  line.textContent = t("模拟：{text}", "Simulated: {text}", { text: detail.text });
  part("listen-says").append(line);
  while (part("listen-says").children.length > SAID_MOST) part("listen-says").firstChild.remove();
});

// A page that loads anew would cut the telephone, so these buttons ask in the background.
document.addEventListener("submit", async (event) => {
  if (!event.target.closest("[data-listening]")) return;
  event.preventDefault();
  try {
    tell((await post(event.target.action)).words);
  } catch (problem) {
    tell(problem.message, "bad");
  }
  renew().catch(() => {});
}, { capture: true });

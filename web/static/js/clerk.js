// The form of a call or a visit: places from county to village, the urgency proposed, words of danger, the consent line.
import { Alarm } from "./alarm.js";
import "./complained.js";
import { t } from "./words.js";

const form = document.getElementById("statement");
const part = (id) => document.getElementById(id);
const chosen = (name) => form.elements[name]?.value;

// A person's own choice of urgency is never changed behind their back, except for danger.
let isUrgencyOwn = false;
part("f-urgency").addEventListener("change", () => { isUrgencyOwn = true; });
part("f-topic").addEventListener("change", (event) => {
  const proposed = event.target.selectedOptions[0]?.dataset.urgency;
  if (proposed && !isUrgencyOwn && !isAlarming()) part("f-urgency").value = proposed;
});

const watch = new Alarm(JSON.parse(part("alarm").dataset.patterns));
const told = part("f-narrative");  // not there while what was said stays sealed
function holds(kind) {
  return watch.holds(kind, told ? told.value : "");
}

function isAlarming() {
  return holds("danger") || holds("crisis");
}

let wasAlarming = isAlarming();
function alarm() {
  const inCrisis = holds("crisis");
  form.querySelector("[data-alarm=crisis]").hidden = !inCrisis;
  form.querySelector("[data-alarm=danger]").hidden = inCrisis || !holds("danger");
  if (isAlarming() && !wasAlarming) part("f-urgency").value = "u1";
  wasAlarming = isAlarming();
}
told?.addEventListener("input", alarm);

function narrow() {
  const county = part("f-county").value;
  part("f-place").querySelectorAll("optgroup").forEach((group) => {
    group.hidden = group.disabled = Boolean(county) && group.dataset.county !== county;
  });
  const own = part("f-place").selectedOptions[0]?.closest("optgroup");
  if (own?.disabled) {
    part("f-place").value = "";
    villages();
  }
}
part("f-county").addEventListener("change", narrow);

let asked = 0;
async function villages() {
  const place = part("f-place").value;
  const list = part("f-village");
  list.replaceChildren(new Option(t("不清楚", "Not known"), ""));
  const county = part("f-place").selectedOptions[0]?.closest("optgroup")?.dataset.county;
  if (county) part("f-county").value = county;
  if (!place) return;
  const mine = ++asked;
  try {
    const answer = await fetch(part("f-place").dataset.villages.replace(/0$/, place), { headers: { Accept: "application/json" } });
    const found = answer.ok ? await answer.json() : [];
    if (mine === asked) list.append(...found.map((each) => new Option(each.name, each.id)));
  } catch {
    // Without the list the township is enough; the spot can say the village.
  }
}
part("f-place").addEventListener("change", villages);

form.addEventListener("change", (event) => {
  if (event.target.name === "identity") {
    const identity = chosen("identity");
    document.querySelectorAll("[data-consent]").forEach((line) => { line.hidden = line.dataset.consent !== identity; });
    part("person").hidden = identity === "anonymous";
    form.elements.consent.checked = false;  // another line was read, so another yes is needed
  }
});

alarm();
const wrong = form.querySelector("[aria-invalid=true]");
(wrong || told || part("f-topic")).focus();

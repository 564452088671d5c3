// The unit's telephone: connect it, ring a caller through the bridge, hang up; the number never comes to this page.
import { get, post, Problem } from "./post.js";
import { Softphone } from "./softphone.js";
import { t } from "./words.js";

const EVERY_MS = 1500;
const box = document.querySelector("[data-bridge]");
const connect = box.querySelector("[data-bridge-connect]");
const end = box.querySelector("[data-bridge-end]");
const state = box.querySelector("[data-bridge-state]");
const says = box.querySelector("[data-bridge-says]");
const rings = [...box.querySelectorAll("[data-bridge-ring]")];
let phone = null;
let call = null;
let timer = null;

function show(words) {
  const isOn = phone?.state === "connected";
  state.textContent = words || phone?.words || "";
  connect.disabled = Boolean(phone) && !["ended", "failed", "elsewhere"].includes(phone.state);
  connect.textContent = phone?.state === "elsewhere" ? t("在此接管", "Take over here") : t("接通话机", "Connect my telephone");
  for (const ring of rings) ring.disabled = !isOn || Boolean(call);
  end.disabled = !call;
}

async function look() {
  clearTimeout(timer);
  if (!call) return;
  try {
    const told = await get(`${box.dataset.bridge}/${call}`);
    if (told.is_ended) call = null;
    show(told.words);
  } catch {
    show(t("连接断开，正在重试…", "The connection is lost; trying again…"));
  }
  if (call) timer = setTimeout(look, EVERY_MS);
}

connect.addEventListener("click", () => {
  phone = Softphone.start({ purpose: "desk", takeOver: phone?.state === "elsewhere", onState: () => phone && show() });
  phone.addEventListener("says", ({ detail }) => {
    const line = document.createElement("li");
    line.textContent = detail.text;
    says.append(line);
  });
  show();
});

for (const ring of rings)
  ring.addEventListener("click", async () => {
    ring.disabled = true;
    try {
      const told = await post(box.dataset.bridge, { which: Number(ring.dataset.bridgeRing) });
      call = told.call;
      show(told.words);
      timer = setTimeout(look, EVERY_MS);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      show(problem.message);
    }
  });

end.addEventListener("click", async () => {
  end.disabled = true;
  try {
    await post(`${box.dataset.bridge}/${call}/end`);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
  look();
});

// The page on which a telephone is tried out.
import { Softphone } from "./softphone.js";
import { t } from "./words.js";

const box = document.querySelector("[data-softphone]");
const part = (name) => box.querySelector(`[data-softphone-${name}]`);
let phone = null;

function show() {
  const isOn = phone.state === "connected";
  part("state").textContent = phone.words;
  part("start").disabled = !["ended", "failed", "elsewhere"].includes(phone.state);
  part("start").textContent = phone.state === "elsewhere" ? t("在此接管", "Take over here") : t("连接", "Connect");
  part("mute").disabled = !isOn;
  part("hangup").disabled = !isOn;
}

function line(list, text) {
  const item = document.createElement("li");
  item.textContent = text;
  list.append(item);
}

part("start").addEventListener("click", () => {
  phone = Softphone.start({ takeOver: phone?.state === "elsewhere", onState: () => phone && show() });
  show();
  phone.addEventListener("peers", ({ detail }) => {
    part("peers").replaceChildren();
    for (const leg of detail.legs) line(part("peers"), `${leg.party_label} · ${leg.label}`);
  });
  phone.addEventListener("says", ({ detail }) => line(part("says"), detail.text));
});

part("mute").addEventListener("click", async () => {
  await phone.mute(!phone.muted);
  part("mute").setAttribute("aria-pressed", String(phone.muted));
  part("mute").textContent = phone.muted ? t("取消静音", "Unmute") : t("静音", "Mute");
});

part("hangup").addEventListener("click", () => phone.hangUp());

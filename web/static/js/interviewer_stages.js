// The stage before anybody talks: nothing in hand, a case to dial, a call that rings.
import { key, keybar, leaveFields, make, stage } from "./interviewer_parts.js";
import { t } from "./words.js";

export function idleStage(desk) {
  const { nothing, undo, tired } = desk.screen;
  const lines = nothing
    ? [make("p", { className: "lead", textContent: nothing.words }), make("p", { className: "strong", textContent: nothing.next }),
      make("p", { className: "soft", textContent: t("等待再访 {callbacks} · 预约 {appointments} · 新个案 {fresh} · 本县不能拨 {at_home}",
        "call-backs {callbacks} · appointments {appointments} · fresh {fresh} · in your own county {at_home}", nothing) })]
    : [make("p", { className: "lead" }, t("按", "Press"), " ", key("Space"), " ", t("取下一个案", "for the next case"))];
  if (tired) lines.push(make("p", {}, make("span", { className: "chip chip-yellow", textContent: t("已连续工作 90 分钟，起来走走、喝口水，10 分钟后再回来", "90 minutes without a break: stand up, drink some water, come back in ten minutes") })));
  if (undo) lines.push(make("p", { className: "soft" }, t("已记“{words}”。", "Coded “{words}”. ", undo), make("button", { type: "button", className: "link", onclick: () => desk.undo() }, t("撤销", "Undo")), " ", key("Ctrl+Z")));
  stage(make("div", { className: "empty-stage" }, ...lines,
    make("button", { type: "button", className: "button button-primary", onclick: () => desk.ask("next") }, t("下一个案", "Next case"), " ", key("Space"))));
  keybar([["Space", t("下一个案", "next case")], ["Ctrl+Z", t("撤销", "undo")], ["F9", t("休息 10 分钟", "10-minute pause")], ["?", t("全部按键", "all keys")]]);
  leaveFields();
}

export function previewStage(desk) {
  const { case: found, why } = desk.screen;
  stage(make("div", { className: "empty-stage" },
    make("p", { className: "lead", textContent: found.number }),
    make("p", { className: "soft", textContent: `${found.kind} · ${found.place}` }),
    make("p", { textContent: why }),
    found.whom ? make("p", { className: "strong", textContent: found.whom }) : null,
    make("button", { type: "button", className: "button button-primary", onclick: () => desk.dial() }, t("拨打", "Dial"), " ", key("D"))));
  keybar([["D", t("拨打", "dial")], ["G", t("退回", "give back")], ["?", t("全部按键", "all keys")]]);
  leaveFields();
}

// Where the desk telephone dials, what was heard is said with a digit.
export function callingStage(desk, heard) {
  const { line, attempt } = desk.screen;
  const parts = [make("p", { className: "lead", textContent: attempt.call_words })];
  if (!line.dials) {
    parts.push(make("p", { className: "soft", textContent: t("请在桌上话机拨打左边的号码，然后按您听到的：", "Dial the number on the left on your desk telephone, then say what you hear:") }));
    parts.push(make("div", { className: "heard" }, ...heard.map((each, n) =>
      make("button", { type: "button", className: "option", onclick: () => desk.heard(n) }, key(String((n + 1) % 10)), each.words))));
  }
  stage(make("div", { className: "empty-stage" }, ...parts));
  keybar([["Esc", t("取消拨打", "cancel")], ["?", t("全部按键", "all keys")]]);
  leaveFields();
}

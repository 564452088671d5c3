// The left column: the call and its clock, the number masked, why this case, what was tried, how saving stands.
import { make, minutes, part } from "./interviewer_parts.js";
import { t } from "./words.js";

const PHASES = {
  idle: () => t("没有个案在手", "No case in hand"),
  preview: () => t("看一眼，准备拨打", "Have a look, then dial"),
  calling: () => t("正在拨打", "Dialling"),
  talking: () => t("通话中", "Talking"),
  outcome: () => t("话后整理", "Wrapping up"),
};

export class CasePane {
  constructor() {
    this.since = null;
    setInterval(() => this.tick(), 500);
  }

  show(screen) {
    const { today } = screen;
    this.drift = Date.parse(screen.now) - Date.now();
    part("today-line").textContent = t("今日 {completes} 完成 · {dials} 拨打 · {refusals} 拒访", "Today {completes} done · {dials} dialled · {refusals} refused", today);
    part("call-state").textContent = PHASES[screen.phase]();
    part("listening").hidden = !screen.listening;
    part("listening").replaceChildren(...(screen.listening ? [make("span", { className: "chip chip-blue", textContent: screen.listening })] : []));
    const found = screen.case;
    for (const id of ["call-number", "call-place", "why-card"]) part(id).hidden = !found;
    if (!found) part("call-whom").hidden = true;
    part("history-card").hidden = !screen.history?.length;
    this.since = screen.phase === "talking" && screen.attempt?.connected_at ? Date.parse(screen.attempt.connected_at) : null;
    part("call-clock").hidden = this.since === null;
    this.tick();
    if (screen.phase !== "calling") this.dialByHand("");
    if (!found) return;
    part("call-number").replaceChildren(`${found.number} `, make("span", { className: "chip", textContent: found.kind }));
    part("call-place").textContent = found.place;
    part("call-whom").hidden = !found.whom;
    part("call-whom").textContent = found.whom;
    part("why").textContent = screen.why;
    part("why2").textContent = screen.why2;
    part("history").replaceChildren(...screen.history.map((tried) =>
      make("tr", {}, make("td", { textContent: tried.at }), make("td", { textContent: tried.words }))));
  }

  tick() {
    if (this.since !== null) part("call-clock").textContent = minutes((Date.now() + this.drift - this.since) / 1000);
  }

  // On the manual line the number is shown while it is being dialled, and to nobody else.
  dialByHand(number) {
    part("desk-number").hidden = !number;
    part("desk-number").textContent = number;
  }

  saved(waiting, isLost) {
    const dot = make("span", { className: `dot ${waiting ? (isLost ? "dot-red" : "dot-yellow") : "dot-green"}` });
    const words = !waiting
      ? t("每答一题即已保存", "Every answer is saved at once")
      : isLost
        ? t("连接断开，{n} 个回答在本页等待保存", "Connection lost; {n} answers wait on this page", { n: waiting })
        : t("正在保存 {n} 个回答", "Saving {n} answers", { n: waiting });
    part("saved").replaceChildren(dot, ` ${words}`);
  }
}

// The line while nobody is spoken with: who waits and for how long, what is promised, what is left open.
import { make, minutes, notice, part, problemWords, stage } from "./interviewer_parts.js";
import { get } from "./post.js";
import { t } from "./words.js";

const { zone } = JSON.parse(part("operator-data").textContent);

// The house's own clock, wherever the browser believes to be.
export const clock = (moment, parts = {}) => new Date(moment).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone, ...parts });

export function whoWords(row) {
  return row.is_withheld ? t("未显示号码", "Number withheld") : row.number;
}

export function timesChip(row) {
  return row.times > 1 ? make("span", { className: "chip chip-yellow", textContent: t("第 {n} 次来电", "call no. {n}", { n: row.times }) }) : null;
}

// What they asked to talk in, when it isn't Mandarin.
export function languageChip(row) {
  return row.language ? make("span", { className: "chip chip-yellow", textContent: t("讲{language}", "speaks {language}", { language: row.language }) }) : null;
}

function since(iso, now) {
  return minutes((now - Date.parse(iso)) / 1000);
}

function waiting(line, now) {
  const longest = line.count ? (now - Date.parse(line.longest)) / 1000 : 0;
  const isLate = longest > line.within_s;
  const rows = line.rows.map((row) => make("tr", {},
    make("td", {}, whoWords(row), " ", languageChip(row), " ", timesChip(row), " ", row.is_first ? make("span", { className: "chip chip-blue", textContent: t("优先", "first") }) : null),
    make("td", { textContent: row.from ? since(row.from, now) : "" })));
  return make("section", { className: "line-waits", attrs: { "aria-label": line.words } },
    make("h2", { textContent: line.words }),
    make("p", { className: "line-head" },
      make("span", {}, make("span", { className: "big", textContent: String(line.count) }), ` ${t("人等候", "waiting")}`),
      line.count ? make("span", {}, `${t("等得最久的已等", "longest wait so far")} `, make("span", { className: `big${isLate ? " late" : ""}`, textContent: minutes(longest) }), isLate ? t(" 超过目标", " over target") : "") : null),
    line.is_set_up ? null : make("p", { className: "flash flash-warn", textContent: t("这条线路还没有设号码", "This line has no number yet") }),
    line.rows.length ? make("table", { className: "waiters", attrs: { "aria-label": t("等候的人", "Who waits") } }, make("tbody", {}, ...rows)) : null);
}

export function drawLines(screen, now) {
  const nobody = screen.lines.every((line) => !line.count);
  const words = { off: t("您现在离席。按 A 开始接听，来电才会在这里响铃。", "You are off. Press A to take calls; only then do callers ring here."),
    break: t("您在休息，不会响铃。按 A 恢复接听。", "You are on a break and nobody rings. Press A to take calls again.") }[screen.seat.state];
  const calm = nobody ? t("现在没有人等候。来电会在左上方响铃，按 Enter 接起。", "Nobody waits. A caller will ring at the top left; Enter accepts.") : "";
  stage(
    screen.seat.is_lost ? make("p", { className: "flash flash-warn", textContent: t("这一页一度没有联系上，来电先响给了别人；现在已恢复", "This page was out of touch, so callers rang elsewhere") }) : null,
    make("div", { className: "lines" }, ...screen.lines.map((line) => waiting(line, now))),
    make("p", { className: "soft", textContent: words ?? calm }),
    unfinished(screen));
}

function unfinished(screen) {
  if (!screen.unfinished.length) return null;
  return make("section", { attrs: { "aria-label": t("没有完成的记录", "Records still open") } },
    make("h2", { textContent: t("没有完成的记录", "Records still open") }),
    make("ul", { className: "plain" }, ...screen.unfinished.map((row) => make("li", {},
      make("span", {}, `${clock(row.rung_at)} ${row.line_words} `, timesChip(row)),
      make("button", { type: "button", className: "button", textContent: t("继续写", "Go on writing"), data: { opensContact: row.token } })))));
}

function card(title, count, ...inside) {
  return make("section", { className: "card" }, make("h2", {}, title, " ", count ? make("b", { className: "tally", textContent: String(count) }) : null), ...inside);
}

function callBacks(told) {
  const rows = told.rows.map((row) => make("li", {},
    make("span", {}, `${clock(row.rung_at)} ${whoWords(row)} `, languageChip(row), " ", timesChip(row), make("br"), make("span", { className: "small soft", textContent: `${row.line_words} · ${row.reason}${row.tries ? t(" · 已试 {n} 次", " · tried {n} times", { n: row.tries }) : ""}` })),
    row.is_message ? make("button", { type: "button", className: "button", textContent: t("听留言", "Listen"), data: { hears: row.token } }) : "",
    make("button", { type: "button", className: `button${row.is_mine ? " button-primary" : ""}`, textContent: t("回拨", "Call back"), data: { callsBack: row.id } })));
  return card(t("到时回拨", "Call-backs due"), told.count, told.count ? make("ul", { className: "plain" }, ...rows) : make("p", { className: "soft", textContent: t("没有到时的回拨", "No call-back is due") }));
}

function followUps(told, url) {
  const words = told.count
    ? t("{n} 条到时，其中 {late} 条已过承诺时间", "{n} due, {late} of them past the promised time", { n: told.count, late: told.overdue })
    : t("没有到时的随访", "No follow-up is due");
  return card(t("到时随访", "Follow-ups due"), told.count, make("p", { className: told.overdue ? "strong" : "soft", textContent: words }),
    url ? make("a", { className: "button button-wide", href: url, textContent: t("打开随访", "Open follow-ups") }) : null);
}

function today(told) {
  const rows = told.rows.map((row) => make("li", {},
    make("span", {}, `${clock(row.rung_at)} ${row.line_words} `, timesChip(row)),
    make("span", { className: "small soft", textContent: `${row.label}${row.talking_at && row.ended_at ? ` · ${minutes((Date.parse(row.ended_at) - Date.parse(row.talking_at)) / 1000)}` : ""}` })));
  return card(t("我今天接的", "My contacts today"), told.count, told.count ? make("ul", { className: "plain" }, ...rows) : make("p", { className: "soft", textContent: t("今天还没有", "None yet today") }));
}

// What stands beside the line; drawn anew only when it changed, so that a focused button stays.
let drawn = "";
export function drawSide(screen, followUpsUrl) {
  const told = JSON.stringify([screen.call_backs, screen.follow_ups, screen.today]);
  if (told === drawn) return;
  drawn = told;
  const focused = document.activeElement?.dataset?.callsBack;
  part("idle-side").replaceChildren(...[callBacks(screen.call_backs), screen.follow_ups ? followUps(screen.follow_ups, followUpsUrl) : null, today(screen.today)].filter(Boolean));
  if (focused) document.querySelector(`[data-calls-back="${focused}"]`)?.focus();
}

export function drawRing(offer, now) {
  const ring = part("ring");
  if (!offer) {
    ring.hidden = true;
    ring.replaceChildren();
    ring.dataset.shown = "";
    return;
  }
  const left = Math.max(0, Math.ceil((Date.parse(offer.until) - now) / 1000));
  const shown = `${offer.token} ${offer.language}`; // chosen while it rings, it is drawn anew
  if (ring.dataset.shown !== shown) {
    ring.dataset.shown = shown;
    ring.replaceChildren(
      make("p", { className: "row between" }, make("span", { className: "chip chip-blue", textContent: offer.line_words }), offer.is_for_me ? make("span", { className: "chip chip-green", textContent: t("找您的", "asks for you") }) : null, offer.is_first ? make("span", { className: "chip chip-yellow", textContent: t("优先", "first") }) : null),
      make("p", { className: "strong", textContent: offer.is_kept ? t("保留了位置的来电人：接起后由我们拨过去", "A caller who kept their place: accept, and we ring them") : t("来电响铃", "A caller rings") }),
      make("p", { className: "call-number" }, whoWords(offer), " ", languageChip(offer), " ", timesChip(offer)),
      make("p", { className: "small soft num", id: "ring-time" }),
      make("div", { className: "ring-keys" },
        make("button", { type: "button", className: "button button-primary", id: "accept" }, t("接起", "Accept"), " ", make("kbd", { textContent: "Enter" })),
        make("button", { type: "button", className: "button", id: "decline" }, t("暂不接", "Decline"), " ", make("kbd", { textContent: "Esc" }))));
    ring.hidden = false;
  }
  part("ring-time").textContent = t("已等 {waited} · 还响 {left} 秒", "waited {waited} · rings {left} s more", { waited: since(offer.from, now), left });
}

// What somebody left on the line, played to whoever calls them back.
export async function hear(button) {
  try {
    const { messages } = await get(`/hotline/contacts/${button.dataset.hears}/messages`);
    button.replaceWith(...(messages.length ? messages.map((one) => make("audio", { controls: true, src: one.url })) : [make("span", { className: "small soft", textContent: t("留言还没有到", "The message has not arrived yet") })]));
  } catch (problem) {
    notice(problemWords(problem));
  }
}

// Live parts: data-live="/address" data-every="2" asks again and again with its ETag, shows how old it is,
// and says so when the connection is lost.
import { t } from "./words.js";

const SIGNED_OUT = 401;

function age(seconds) {
  if (seconds < 60) return t("{n} 秒前更新", "updated {n} s ago", { n: Math.floor(seconds) });
  return t("{n} 分钟前更新", "updated {n} min ago", { n: Math.floor(seconds / 60) });
}

function ageLine(part) {
  const chosen = part.dataset.age && document.getElementById(part.dataset.age);
  if (chosen) return chosen;
  const line = document.createElement("p");
  line.className = "live-age";
  part.after(line);
  return line;
}

function isBusy(part) {
  const here = document.activeElement;
  return part.contains(here) && here.matches("input, textarea, select") || part.querySelector("details[open], dialog[open]");
}

function swap(part, html) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const slid = [...part.querySelectorAll(".table-wrap")].map((wrap) => wrap.scrollLeft);
  part.innerHTML = html; // our own server's escaped fragment
  part.querySelectorAll(".table-wrap").forEach((wrap, n) => { wrap.scrollLeft = slid[n] || 0; });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  part.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
}

function watch(part) {
  const line = ageLine(part);
  const every = Number(part.dataset.every || 2) * 1000;
  let seen = performance.now();
  let etag = "";
  let lost = "";

  function say() {
    const seconds = (performance.now() - seen) / 1000;
    line.textContent = lost ? `${lost} · ${age(seconds)}` : age(seconds);
    line.classList.toggle("lost", Boolean(lost));
    part.classList.toggle("live-lost", Boolean(lost));
  }

  async function ask() {
    if (document.hidden || isBusy(part)) return;
    const headers = { "X-Live": "1", Accept: "text/html" };
    if (etag) headers["If-None-Match"] = etag;
    try {
      const response = await fetch(part.dataset.live, { headers, credentials: "same-origin" });
      if (response.status === SIGNED_OUT) {
        lost = t("已退出登录，请刷新页面", "Signed out; reload the page");
        return;
      }
      if (!response.ok && response.status !== 304) throw new Error(String(response.status));
      lost = "";
      seen = performance.now();
      etag = response.headers.get("ETag") || "";
      if (response.status === 200) swap(part, await response.text());
      if (response.headers.get("X-Live-End")) {
        clearInterval(asking);
        if (part.dataset.end === "reload") location.reload();
      }
    } catch {
      lost = t("连接断开，正在重试", "Connection lost, trying again");
    }
  }

  const asking = setInterval(() => ask().finally(say), every);
  setInterval(say, 1000);
  say();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask().finally(say); });
}

export function start(root = document) {
  root.querySelectorAll("[data-live]").forEach(watch);
}

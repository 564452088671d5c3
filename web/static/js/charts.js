// Charts: <figure data-chart="/address"> or with an inline JSON block; Plotly's {data, layout}, our tokens.
import { t } from "./words.js";

const LIBRARY = new URL("../vendor/plotly/plotly-cartesian.min.js", import.meta.url).href;
let loading = null;

function library() {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = LIBRARY;
    script.onload = () => done(window.Plotly);
    script.onerror = failed;
    document.head.append(script);
  });
  return loading;
}

export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// "token:accent" anywhere in a chart's data becomes that colour, light or dark.
function coloured(value) {
  if (typeof value === "string" && value.startsWith("token:")) return token(value.slice(6));
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v)]));
  return value;
}

function axis(own = {}) {
  return { gridcolor: token("line"), zerolinecolor: token("line"), linecolor: token("line"), automargin: true, ...coloured(own) };
}

// On a phone few upright labels read better than many slanted ones.
const isNarrow = () => window.innerWidth <= 720;

function layout(own, height) {
  const plain = coloured(own);
  const axes = Object.fromEntries(Object.keys(own).filter((k) => /^[xy]axis\d/.test(k)).map((k) => [k, axis(own[k])]));
  return {
    height,
    margin: { l: 56, r: 16, t: 16, b: 40 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: token("ink") },
    colorway: ["accent", "green", "yellow", "red", "soft"].map(token),
    hoverlabel: { bgcolor: token("card"), bordercolor: token("line"), font: { color: token("ink") } },
    legend: { orientation: "h", y: -0.18 },
    ...plain,
    xaxis: axis({ ...(isNarrow() ? { tickangle: 0, nticks: 4 } : {}), ...own.xaxis }),
    yaxis: axis(own.yaxis),
    ...axes,
  };
}

async function contents(figure) {
  const inline = figure.querySelector('script[type="application/json"]');
  if (inline) return JSON.parse(inline.textContent);
  const response = await fetch(figure.dataset.chart, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

export async function draw(figure) {
  const area = figure.querySelector(".chart-area");
  try {
    const [Plotly, { data, layout: own = {} }] = await Promise.all([library(), contents(figure)]);
    const show = () => Plotly.react(area, coloured(data), layout(own, Number(figure.dataset.height || 320)), {
      displayModeBar: false, responsive: true, locale: "en",
    });
    await show();
    area.setAttribute("role", "img");
    area.setAttribute("aria-label", figure.getAttribute("aria-label") || "");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  } catch {
    area.textContent = t("图画不出来，数字在下面的表里。", "The chart can't be drawn; the numbers are in the table below.");
  }
}

export function start(root = document) {
  root.querySelectorAll("[data-chart]").forEach(draw);
}

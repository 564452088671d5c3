// The board: what is fetched now instead of after the first pause, and a sound when somebody calls for help.
import { t } from "./words.js";

const title = document.title;
let heard = 0;

function beep() {
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const loudness = sound.createGain();
    tone.frequency.value = 880;
    loudness.gain.setValueAtTime(0.15, sound.currentTime);
    loudness.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.6);
    tone.connect(loudness).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.6);
  } catch {
    // A browser that lets nothing sound before the first click still shows the bar and the title.
  }
}

function listen() {
  const calls = document.querySelectorAll("#distress .distress").length;
  document.title = calls ? `${t("（{n}）求助", "({n}) Help", { n: calls })} · ${title}` : title;
  if (calls > heard) beep();
  heard = calls;
}

async function fetchNow(part) {
  const response = await fetch(part.dataset.live, { headers: { "X-Live": "1", Accept: "text/html" }, credentials: "same-origin" });
  if (response.ok) part.innerHTML = await response.text(); // our own server's escaped fragment
}

document.getElementById("distress")?.addEventListener("fresh", listen);
document.querySelectorAll("[data-now]").forEach((part) => fetchNow(part).catch(() => {}));

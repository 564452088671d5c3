// Calls for help on a lead's page: a sound and the title when one comes, and taking one without leaving the page.
import { post, Problem } from "./post.js";
import { t } from "./words.js";

const bar = document.getElementById("distress");
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
  const calls = bar.querySelectorAll(".distress").length;
  document.title = calls ? `${t("（{n}）求助", "({n}) Help", { n: calls })} · ${title}` : title;
  if (calls > heard) beep();
  heard = calls;
}

function say(words, kind) {
  const line = document.createElement("p");
  line.className = `flash flash-${kind}`;
  line.textContent = words;
  document.getElementById("flashes").replaceChildren(line);
}

// A page that loads anew would cut the telephone it carries: the call is taken in place.
async function take(event) {
  const form = event.target.closest("form");
  if (!form) return;
  event.preventDefault();
  try {
    const told = await post(form.action);
    form.closest(".distress").remove();
    say(told.words, "good");
    listen();
  } catch (problem) {
    say(problem instanceof Problem ? problem.message : t("没有成功", "That did not work"), "bad");
  }
}

if (bar) {
  bar.addEventListener("fresh", listen);
  bar.addEventListener("submit", take);
}

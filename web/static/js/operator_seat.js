// The operator's seat: how it stands, since when, and that somebody rings.
import { minutes, part } from "./interviewer_parts.js";
import { clock } from "./operator_idle.js";
import { t } from "./words.js";

const DOTS = { available: "dot-green", talking: "dot-yellow", wrapping: "dot-yellow", break: "", off: "" };

export class SeatCard {
  show(seat) {
    part("seat-dot").className = `dot ${DOTS[seat.state] ?? ""}`;
    part("seat-state").textContent = seat.label;
    part("seat-rest").hidden = !seat.rest_until;
    if (seat.rest_until) part("seat-rest").textContent = t("重点个案后休息到 {time}；想提前接听请按 A", "Rest after a key call until {time}; press A to take calls sooner", { time: clock(seat.rest_until) });
    part("seat-free").disabled = ["talking"].includes(seat.state) || (seat.state === "available" && !seat.rest_until);
    part("seat-free").classList.toggle("button-primary", ["off", "break"].includes(seat.state));
    part("seat-rest-button").disabled = ["talking", "break"].includes(seat.state);
    part("seat-leave").disabled = ["talking", "off"].includes(seat.state);
  }

  // Say in the tab that somebody rings, and sound when it is somebody new.
  ringing(offer) {
    const isNew = offer && offer.token !== this.rings;
    this.rings = offer?.token ?? null;
    this.title ??= document.title;
    document.title = offer ? `☎ ${t("来电", "Ringing")} · ${this.title}` : this.title;
    if (isNew) this.sound();
    return isNew;
  }

  // A short tone, where the browser allows one.
  sound() {
    try {
      this.audio ??= new AudioContext();
      const tone = this.audio.createOscillator();
      const gain = this.audio.createGain();
      gain.gain.value = 0.06;
      tone.frequency.value = 620;
      tone.connect(gain).connect(this.audio.destination);
      tone.start();
      tone.stop(this.audio.currentTime + 0.35);
    } catch {
      // a silent browser still shows it
    }
  }

  tick(seat, now) {
    const sits = seat?.since && seat.state !== "off"; // a seat may be known before anybody sat there
    if (seat) part("seat-since").textContent = sits ? minutes((now - Date.parse(seat.since)) / 1000) : "";
  }
}

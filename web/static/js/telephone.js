// The telephone of a console: connected by itself, its state in words, and what the simulated far end says.
import { part } from "./interviewer_parts.js";
import { Softphone } from "./softphone.js";
import { t } from "./words.js";

const AT_REST = ["", "ended", "failed", "elsewhere"];

export class ConsoleTelephone {
  // purpose: which room; watches: ask every second who is in it and tell onMoved when somebody came or left;
  // speech(text): the words of a simulated far end, or null on a real line
  constructor({ purpose, watches = true, onMoved = null, speech = null }) {
    this.options = { purpose, ...(watches ? {} : { peersUrl: null }) };
    this.onMoved = onMoved;
    this.speech = speech;
  }

  // Connects where the line has telephones in the browser; asked again, it takes over from another page.
  connect(isOffered) {
    if (!isOffered || !AT_REST.includes(this.phone?.state ?? "")) return;
    this.phone = Softphone.start({ ...this.options, takeOver: this.phone?.state === "elsewhere", onState: (state) => this.show(state) });
    this.show(this.phone.state);
    for (const name of ["left", "joined"]) this.phone.addEventListener(name, () => this.onMoved?.());
    this.phone.addEventListener("says", ({ detail }) => {
      if (!this.speech) return;
      part("bubble").hidden = false;
      part("bubble").textContent = this.speech(detail.text);
    });
  }

  show(state) {
    const more = state === "elsewhere" ? t("；按 R 在此接管", "; press R to take it over") : "";
    part("phone-state").textContent = this.phone ? this.phone.words + more : "";
  }
}

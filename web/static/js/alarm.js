// Words of present danger in what is typed: the same patterns that the register reads, what is harmless taken out first.
export class Alarm {
  constructor(patterns) {
    this.harmless = new RegExp(patterns.harmless, "gu");
    this.kinds = { danger: new RegExp(patterns.danger, "u"), crisis: new RegExp(patterns.crisis, "u") };
  }

  holds(kind, text) {
    return this.kinds[kind].test(text.normalize("NFKC").toLowerCase().replace(this.harmless, ""));
  }
}

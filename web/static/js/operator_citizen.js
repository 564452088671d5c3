// The citizen line beside the talk: what is raised is registered, an enquiry answered, a receipt looked up.
import { leaveFields, part } from "./interviewer_parts.js";
import { MatterForm } from "./operator_citizen_form.js";
import { MatterSide } from "./operator_citizen_side.js";
import { settledSoon } from "./operator_saving.js";
import { post } from "./post.js";
import { t } from "./words.js";

export class MatterPane {
  // tell.onSaved(waiting, isLost, at), tell.onLeft(form) for one that is unsent when its call goes
  constructor(consents, tell) {
    this.token = null;
    this.form = new MatterForm(consents, { ...tell, onHeard: (told) => this.side.ledTo(told.led_to) });
    this.side = new MatterSide({ onFound: () => this.form.refresh().catch(() => {}), onAnswer: (...told) => this.answer(...told) });
    this.form.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.register();
    });
    part("matter-clear").addEventListener("click", () => {
      this.form.clear();
      this.form.changed(this.form.typedNames);
    });
  }

  show(token) {
    if (this.token === token) return;
    this.token = token;
    this.form.element.hidden = !token;
    this.form.open(token);
    this.side.open(token);
  }

  register() {
    return this.send("matter", this.form.typed);
  }

  answer(article, asked) {
    const { typed } = this.form;
    return this.send("answer", { ...typed, narrative: typed.narrative || asked, article: String(article), content: "1" });
  }

  // Everything typed is with the house before it is registered: nothing comes after it that would open the form again.
  async send(deed, typed) {
    const { token, form } = this;
    if (!token || this.isSending) return;
    this.isSending = true;
    const focused = document.activeElement;
    try {
      if (!(await settledSoon(form.settled())) || !form.queue) {
        form.say(t("还有内容没有存上，没有登记；写过的都在本页，存上后再按一次", "Something is not saved yet, so nothing was registered; it is all on this page: press again once it is saved"), "warn");
        return;
      }
      form.element.inert = true;
      const made = await post(`/hotline/contacts/${token}/${deed}`, { typed, seen: form.queue.version });
      if (this.token !== token) return;
      form.clear();
      this.side.readAloud(made);
      leaveFields();
      await this.refresh();
    } catch (problem) {
      if (this.token === token) await this.refused(problem, focused);
    } finally {
      form.element.inert = false;
      this.isSending = false;
    }
  }

  // What a colleague wrote meanwhile is shown first; only what was seen is registered.
  async refused(problem, focused) {
    const { form } = this;
    form.element.inert = false;
    if (form.element.contains(focused)) focused.focus();
    const seen = form.queue?.version;
    if (problem.status === 409) await form.refresh().catch(() => {});
    if (form.queue?.version === seen) form.wrong(problem);
    else form.say(t("同事补到的内容已合到表里，还没有登记：请看一下，再按一次", "What a colleague had written has joined the form and nothing is registered yet: look it over and press again"), "warn");
  }

  get isUnsent() {
    return this.form.isUnsent;
  }

  get isIn() {
    return this.form.element.contains(document.activeElement);
  }

  focus() {
    part("m-narrative").focus();
  }

  refresh() {
    return this.form.refresh().catch(() => {});
  }

  // Resolve to whether everything typed is with the house.
  settled() {
    return this.form.settled();
  }
}

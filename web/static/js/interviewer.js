// The interviewer's console: one page, the keyboard alone, from the next case to its outcome.
import { AnswerQueue } from "./interviewer_saving.js";
import { CasePane } from "./interviewer_case.js";
import { awaits } from "./interviewer_household.js";
import { BREAK_OFF, press } from "./interviewer_keys.js";
import { MatterForm } from "./interviewer_matter.js";
import { AppointmentPanel, OutcomePanel } from "./interviewer_outcome.js";
import { key, keybar, leaveFields, make, notice, part, problemWords, stage } from "./interviewer_parts.js";
import { QuestionView } from "./interviewer_question.js";
import { callingStage, idleStage, previewStage } from "./interviewer_stages.js";
import { get, post } from "./post.js";
import { Walk } from "./questionnaire.js";
import { ConsoleTelephone } from "./telephone.js";
import { language, t } from "./words.js";

const data = JSON.parse(part("console-data").textContent);
const LOOK_MS = { calling: 700, talking: 2500 };
const COMPLETE = "1.1";
const HOUSEHOLD_REFUSES = "2.111";

class Console {
  constructor() {
    this.pane = new CasePane();
    this.matter = new MatterForm(data.consents, data.alarm);
    this.questionnaires = new Map();
    this.screen = { phase: "idle" };
    this.phone = new ConsoleTelephone({ purpose: "survey", onMoved: () => this.look(), speech: data.simulated ? (text) => t("模拟受访者：{text}", "Simulated resident: {text}", { text }) : null });
    document.addEventListener("keydown", (event) => press(this, event), { capture: true });
    this.begin();
  }

  async begin() {
    try {
      this.take(await get("/interviewer/state"));
    } catch (problem) {
      notice(problemWords(problem));
      setTimeout(() => this.begin(), 2000);
      return;
    }
    this.connect();
  }

  connect() {
    this.phone.connect(this.screen.line.browser);
  }

  // Ask the house something and show what it answers; one thing at a time.
  async ask(path, told = {}) {
    if (this.isAsking) return null;
    this.isAsking = true;
    try {
      const screen = await post(`/interviewer/${path}`, told);
      this.isAsking = false; // what the answer leads to may ask in its turn
      notice();
      this.take(screen);
      return screen;
    } catch (problem) {
      notice(problemWords(problem));
      if ([404, 409].includes(problem.status)) this.look();
      return null;
    } finally {
      this.isAsking = false;
    }
  }

  async look() {
    try {
      this.take(await get("/interviewer/state"), true);
    } catch {
      this.lookLater();
    }
  }

  lookLater() {
    clearTimeout(this.timer);
    const wait = LOOK_MS[this.screen.phase];
    if (wait) this.timer = setTimeout(() => this.look(), wait);
  }

  take(screen, isLook = false) {
    const before = this.screen;
    this.screen = screen;
    part("console").dataset.phase = screen.phase;
    this.pane.show(screen);
    this.matter.take(screen);
    this.lookLater();
    const isSame = before.phase === screen.phase && before.case?.id === screen.case?.id;
    if (screen.phase === "idle") part("bubble").hidden = true;
    if (isSame && isLook) return;
    if (screen.phase === "idle") this.idle();
    else if (screen.phase === "preview") this.preview();
    else if (screen.phase === "calling") this.calling();
    else if (screen.phase === "talking") this.talk();
    else this.outcome(before.phase === "talking" && isLook ? t("对方已挂断", "They have hung up") : "");
  }

  idle() {
    this.view = this.walk = null;
    idleStage(this);
    const { nothing, now } = this.screen;
    if (nothing?.next_at) this.wakeAt(Date.parse(nothing.next_at) - Date.parse(now));
  }

  wakeAt(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.screen.phase === "idle" && this.ask("next"), Math.min(Math.max(wait, 5000), 3600_000));
  }

  preview() {
    this.view = null;
    previewStage(this);
  }

  dial() {
    this.ask("dial", { case: this.screen.case.id });
  }

  calling() {
    callingStage(this, data.heard);
    if (!this.screen.line.dials) this.showNumber(this.screen.attempt.id);
  }

  async showNumber(attempt) {
    try {
      this.pane.dialByHand((await post("/interviewer/number", { attempt })).number);
    } catch (problem) {
      notice(problemWords(problem));
    }
  }

  heard(n) {
    if (data.heard[n]) this.ask("heard", { attempt: this.screen.attempt.id, heard: data.heard[n].code });
  }

  async talk() {
    this.pane.dialByHand("");
    if (!this.screen.interview) {
      if (await this.ask("start", { case: this.screen.case.id })) return;
      this.outcome();
      return;
    }
    await this.openInterview();
    this.ask_(this.screen.interview.position);
  }

  async openInterview() {
    const { interview } = this.screen;
    if (!this.questionnaires.has(this.form)) this.questionnaires.set(this.form, await get(this.form));
    if (this.queue?.interview !== interview.id) {
      this.queue = new AnswerQueue(interview.id, {
        onState: (waiting, isLost) => this.pane.saved(waiting, isLost),
        onSaved: () => {},
        onRefused: (item, problem) => this.refused(item, problem),
      });
    }
    this.answers = { ...interview.answers };
    for (const [name, value] of Object.entries(this.queue.pending)) this.put(name, value);
    this.given = { splits: interview.splits, facts: interview.facts, language };
    this.renew();
  }

  get form() {
    return `/interviewer/questionnaire/${this.screen.case.edition}?kind=${this.screen.case.kind_code}`;
  }

  put(name, value) {
    if (value === null) delete this.answers[name];
    else this.answers[name] = value;
  }

  renew() {
    this.walk = new Walk(this.questionnaires.get(this.form), this.answers, this.given);
  }

  refused(item, problem) {
    delete this.answers[item.question];
    this.renew();
    this.ask_(item.question);
    notice(problemWords(problem));
  }

  ask_(name) {
    const step = name && this.walk.path().includes(name) ? name : this.walk.firstOpen();
    if (!step) {
      this.end();
      return;
    }
    this.at = step;
    this.shownAt = performance.now();
    this.view = new QuestionView(this.walk, step, { answer: (question, value) => this.answer(question, value), go: (by) => this.go(by) });
    if (!this.view.field && !this.matter.isIn) leaveFields();
  }

  answer(name, value) {
    this.put(name, value);
    this.renew();
    this.view.walk = this.walk;
    this.queue.add(name, value, performance.now() - this.shownAt);
  }

  go(by) {
    notice();
    const isAway = by > 0 && awaits(this.at, this.answers);
    if (isAway) {
      if (isAway === "appointment") this.appoint(t("“他/她什么时候在家、方便听电话？我到时候再打来。”", "“When will they be at home and free to talk? I will call then.”"));
      else this.hangUp(HOUSEHOLD_REFUSES);
      return;
    }
    const next = by > 0 ? this.walk.nextStep(this.at) : this.walk.previousStep(this.at);
    if (next) this.ask_(next);
    else if (by > 0) this.ask_(null);
  }

  get endCode() {
    if (!this.walk || this.walk.firstOpen()) return null;
    const own = this.walk.places.has("outcome") ? this.walk.value("outcome") : "";
    return own || COMPLETE;
  }

  end() {
    const code = this.endCode;
    this.view = { press: (event) => event.key === "Enter" ? (this.hangUp(), true) : event.key === "ArrowLeft" ? (this.ask_(this.walk.previousStep()), true) : false };
    stage(make("div", { className: "empty-stage" },
      make("p", { className: "lead", textContent: code === COMPLETE ? t("全部答完了，谢谢！", "Every question is answered. Thank you!") : t("访问到此为止", "The interview ends here") }),
      make("button", { type: "button", className: "button button-primary", onclick: () => this.hangUp() }, t("挂断并记结果", "Hang up and code"), " ", key("Enter"))));
    keybar([["Enter", t("挂断并记结果", "hang up, code")], ["←", t("上一题", "back")], ["F2", t("登记诉求", "matter")]]);
    leaveFields();
  }

  async hangUp(code = null) {
    this.wantedCode = code;
    await this.queue?.settled();
    if (["calling", "talking"].includes(this.screen.phase)) {
      this.isLeaving = true;
      await this.ask("hang-up", { attempt: this.screen.attempt.id });
      this.isLeaving = false;
    }
    if (this.screen.attempt) this.outcome();
  }

  outcome(title = "") {
    if (!this.screen.attempt) return;
    const { attempt, interview } = this.screen;
    const isStarted = interview && Object.keys(this.answers ?? interview.answers).length > 1;
    const suggested = this.endCode ?? this.wantedCode ?? attempt.suggested ?? (isStarted && interview.consented ? BREAK_OFF : null);
    this.view = new OutcomePanel(data, {
      title: title || attempt.suggested_words || t("这次拨打的结果", "The outcome of this try"),
      suggested,
      canReturn: Boolean(this.walk && interview),
      send: (outcome) => this.send(outcome),
      appoint: () => this.appoint(),
      leave: () => this.ask_(this.at),
    });
  }

  async send(outcome) {
    await this.queue?.settled();
    const screen = await this.ask("outcome", { attempt: this.screen.attempt.id, ...outcome });
    if (screen) {
      this.queue = null;
      this.answers = undefined;
      this.wantedCode = null;
    }
  }

  appoint(words) {
    if (!this.screen.attempt) return;
    const screened = this.walk?.places.has("adult") && this.walk.value("residence") === "1" && this.walk.value("adult") === "1";
    this.view = new AppointmentPanel(this.screen.times ?? [], {
      send: (told) => this.send({ code: screened ? "2.21" : "3.21", ...told }),
      words,
      leave: () => (this.screen.phase === "talking" && this.walk ? this.ask_(this.at) : this.outcome()),
    });
  }

  undo() {
    if (this.screen.undo) this.ask("undo", { attempt: this.screen.undo.attempt });
  }
}

new Console();

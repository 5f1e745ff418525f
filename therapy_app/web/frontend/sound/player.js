// Bars in, sound out: schedule, channels, loudness and the output of one page.
import { Channels } from "./channels.js";
import { Fader } from "./fader.js";
import { QUIETEST_DB } from "./limits.js";
import { Scheduler } from "./scheduler.js";

/** From a decision to the moment it can sound here. */
const PREPARE_S = 0.12;
const DRY_FADE_S = 4;
/** Further behind the session than this, the music jumps to where the session is. */
const BEHIND_S = 2;

/**
 * `open()` makes the output, `say(state, detail)` hears of every change: off, preparing, ready, playing,
 * repeating (how often), dry, halted.
 */
export class Player {
  #channels = new Channels();
  #fader = new Fader();
  #halted = true;

  constructor({ open, say, repeats }) {
    this.scheduler = new Scheduler(repeats);
    this.output = null;
    Object.assign(this, { openOutput: open, say });
  }

  /** Called from a person's press; browsers allow sound only then. */
  async open() {
    this.say("preparing");
    this.output = await this.openOutput();
    this.run();
  }

  /** Let sound through (again). */
  run() {
    this.#halted = false;
    this.output.open();
    this.say("ready");
  }

  /** The session is at `sessionS` now: what should sound now sounds in a moment, at its place. */
  anchor(sessionS) {
    this.scheduler.anchor(this.output.now + PREPARE_S - sessionS);
  }

  /** Go to where the session is now, if this page has fallen behind it: after sleep, or a paused context. */
  catchUp(sessionS, mostS = BEHIND_S) {
    const { scheduler, output } = this;
    if (sessionS - scheduler.sessionAt(output.now) < mostS) return;
    scheduler.rewind();
    this.anchor(sessionS);
  }

  /** Called every few hundredths of a second by the ticker. */
  pump() {
    if (!this.output || this.#halted) return;
    const now = this.output.now;
    for (const action of this.scheduler.pump(now)) this.#do(action, now);
    this.#send(this.#channels.release(now));
  }

  /** Silence at once; nothing waits any more. */
  halt() {
    this.#halted = true;
    const waiting = this.#channels.clear();
    if (this.output) {
      this.output.shut();
      this.#send(waiting);
    }
    this.scheduler.rewind();
    this.#fader = new Fader();
    this.say("halted");
  }

  /** Music fades out over `seconds`; notes that were waiting do not sound. */
  fadeOut(seconds) {
    this.scheduler.clear();
    this.scheduler.anchor(null);
    if (this.output) this.output.fade(this.#fader.toward(QUIETEST_DB, this.output.now, seconds));
  }

  /** What sounds now: {bar, position_s, repeat}, or null. */
  playing() {
    return this.output && !this.#halted ? this.scheduler.playing(this.output.now) : null;
  }

  queued() {
    return this.output ? this.scheduler.queued(this.output.now) : 0;
  }

  #do(action, now) {
    if (action.kind === "note") this.#note(action);
    if (action.kind === "bar") this.#bar(action);
    if (action.kind === "gain") this.output.fade(this.#fader.toward(action.gain_db, action.at));
    if (action.kind === "dry") {
      this.output.fade(this.#fader.toward(QUIETEST_DB, now, DRY_FADE_S));
      this.say("dry");
    }
  }

  #note(action) {
    if (action.role === "drums") this.output.strike(action);
    else this.#send(this.#channels.note(action));
  }

  #bar({ bar, at, repeat, crossfade }) {
    this.#send(this.#channels.begin(bar.programs, at, crossfade, bar.tuning));
    this.output.fade(this.#fader.toward(bar.gain_db, at));
    this.say(repeat ? "repeating" : "playing", repeat);
  }

  #send(messages) {
    for (const message of messages) this.output.send(message);
  }
}

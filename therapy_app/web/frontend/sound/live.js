// The music of a session that goes on: events of the log steer the player.
import { REPEATS } from "./scheduler.js";

const INTERRUPTED_FADE_S = 2;

const WORDS = {
  off: "Sound is off in this page",
  preparing: "Getting the sound ready…",
  ready: "Sound is on, waiting for music",
  playing: "Sound is on",
  dry: "No new music came. It faded out and returns with the next bar",
  silenced: "Silenced. Resume when ready",
  stopped: "Stopped",
  finished: "The music has ended",
  interrupted: "The session was interrupted. The music faded out",
  failed: "This device could not start sound. The session goes on without it here",
};
const FINAL = ["stopped", "finished", "interrupted"];

export class LiveMusic {
  #final = null;
  #silenced = false;

  /** `clock` tells session time, `show(state, words)` tells people. */
  constructor({ makePlayer, clock, local, show }) {
    Object.assign(this, { clock, local, show });
    this.player = makePlayer((state, detail) => this.#tell(state, detail));
  }

  async join() {
    if (this.player.output) return this.player.output.context.resume();
    if (this.#final) return;
    try {
      await this.player.open();
    } catch (problem) {
      this.#tell("failed");
      throw problem;
    }
    if (this.#final) this.player.halt();
  }

  /** One event of the log, in the log's order; the clock has already seen it. */
  take({ kind, at_s, body }) {
    if (kind === "bar" && this.player.scheduler.offer(body.bar)) this.#silenced = false;
    if (kind === "silenced") this.#fade(body.fade_s, "silenced");
    if (kind === "ended") this.#end(body.how, at_s);
  }

  pump() {
    const { player, clock } = this;
    if (player.output && clock.known) {
      const sessionS = clock.now(this.local());
      if (player.scheduler.anchored) player.catchUp(sessionS);
      else player.anchor(sessionS);
    }
    player.pump();
  }

  /** STOP: silent here before anyone else is asked. */
  stop() {
    this.#final = "stopped";
    this.player.halt();
    this.player.scheduler.clear();
    this.#tell("stopped");
  }

  #fade(seconds, state) {
    this.#silenced = true;
    this.player.fadeOut(seconds);
    this.#tell(state);
  }

  #end(how, atS) {
    if (how === "stopped") return this.stop();
    if (this.#final) return;
    this.#final = how;
    if (how === "interrupted") this.#fade(INTERRUPTED_FADE_S, how);
    else this.player.scheduler.finish(atS);
    this.#tell(how);
  }

  #tell(state, detail) {
    const shown = FINAL.includes(this.#final) ? this.#final : this.#silenced ? "silenced" : state;
    const off = !this.player?.output && shown === "silenced" && state !== "preparing";
    const key = off ? "off" : shown;
    this.show(key, key === "repeating" ? repeating(detail) : WORDS[key]);
  }
}

const repeating = (n) => `The next bar has not come. Repeating the last one, softer (${n} of ${REPEATS})`;

// The music of a session that is over, from any place in it.

const WORDS = {
  preparing: "Getting the sound ready…",
  ready: "Playing back",
  playing: "Playing back",
  dry: "Playing back: no music at this moment",
  halted: "Paused",
};

export class ReplayedMusic {
  #began = null;

  /** `local` gives seconds on the page's clock. */
  constructor({ makePlayer, local, show }) {
    this.local = local;
    this.player = makePlayer((state) => show(state, WORDS[state] ?? ""), 0);
  }

  offer(bar) {
    this.player.scheduler.offer(bar);
  }

  get running() {
    return this.#began !== null;
  }

  /** Where playback is, in session seconds; null when paused. */
  at() {
    return this.running ? this.#began.sessionS + (this.local() - this.#began.local) : null;
  }

  async play(sessionS) {
    if (this.player.output) this.player.run();
    else await this.player.open();
    this.#from(sessionS);
  }

  /** Go on from another place. */
  seek(sessionS) {
    if (!this.running) return;
    this.player.halt();
    this.player.run();
    this.#from(sessionS);
  }

  pause() {
    this.#began = null;
    this.player.halt();
  }

  pump() {
    this.player.pump();
  }

  #from(sessionS) {
    this.player.scheduler.rewind();
    this.player.anchor(sessionS);
    this.#began = { sessionS, local: this.local() };
  }
}

// The session's clock as seen from here: events tell their session time, the least delayed one is nearest the truth.

/** Session seconds minus local seconds, as an envelope over all events seen. */
export class SessionClock {
  #ahead = -Infinity;

  observe(atS, localS) {
    if (Number.isFinite(atS)) this.#ahead = Math.max(this.#ahead, atS - localS);
  }

  get known() {
    return Number.isFinite(this.#ahead);
  }

  /** Session seconds at a local time; NaN before the first event. */
  now(localS) {
    return this.known ? localS + this.#ahead : NaN;
  }
}

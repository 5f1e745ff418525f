// The session's log in this page: every event once, in order.

export class Log {
  entries = [];
  #bySeq = new Map();

  /** True when the entry is new; a repeated one changes nothing. */
  add(entry) {
    if (this.#bySeq.has(entry.seq)) return false;
    this.#bySeq.set(entry.seq, entry);
    this.entries.push(entry);
    return true;
  }

  get lastSeq() {
    return this.entries.length ? this.entries.at(-1).seq : 0;
  }

  get lengthS() {
    return this.entries.length ? this.entries.at(-1).at_s : 0;
  }

  until(atS) {
    return this.entries.filter((entry) => entry.at_s <= atS);
  }

  /** The events that led to `seq`, newest first, at most `most` of them. */
  causes(seq, most = 12) {
    const found = new Map();
    const ahead = [seq];
    while (ahead.length && found.size < most) {
      const entry = this.#bySeq.get(ahead.shift());
      if (!entry || found.has(entry.seq)) continue;
      found.set(entry.seq, entry);
      ahead.push(...entry.follows);
    }
    return [...found.values()].sort((one, other) => other.seq - one.seq);
  }
}

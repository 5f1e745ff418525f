// How loud the music is, over time: up over two seconds or more, down at once. Pure; decibels in, segments out.
import { QUIETEST_DB, safeGain } from "./limits.js";

export const RISE_S = 2;
export const FALL_S = 0.03;
/** A rise starts from here, so that it is heard from its beginning. */
export const RISE_FROM_DB = -30;

export const amplitude = (db) => 10 ** (db / 20);

export class Fader {
  #from = { db: QUIETEST_DB, at: 0 };
  #to = { db: QUIETEST_DB, at: 0 };

  /** Decibels at time `at`: linear between the two ends. */
  at(at) {
    if (at >= this.#to.at) return this.#to.db;
    const share = Math.max(0, (at - this.#from.at) / (this.#to.at - this.#from.at));
    return this.#from.db + share * (this.#to.db - this.#from.db);
  }

  /** Move to `db` from time `at`: {nowDb, fromDb, toDb, at, until}, or null when that is under way already. */
  toward(db, at, fallS = FALL_S) {
    const toDb = safeGain(db);
    if (toDb === this.#to.db) return null;
    const nowDb = this.at(at);
    const rising = toDb > nowDb;
    const fromDb = rising ? Math.max(nowDb, Math.min(RISE_FROM_DB, toDb)) : nowDb;
    const until = at + (rising ? RISE_S : fallS);
    this.#from = { db: fromDb, at };
    this.#to = { db: toDb, at: until };
    return { nowDb, fromDb, toDb, at, until };
  }
}

// Which bar sounds when: bars of the log in, notes on the audio clock out. Pure; time is handed in.
import { safeBar } from "./limits.js";

export const LOOK_AHEAD_S = 0.25;
export const REPEATS = 8;
export const SOFTER_DB = 1.5;
/** A next bar that lies this near the end of the present one follows it without gap or overlap. */
export const CONTIGUOUS_S = 0.5;
/** Less than this left of a bar is not worth joining. */
export const WORTH_JOINING_S = 0.3;
/** Notes of the beat at which a bar was turned may sound this much before it. */
const EARLY_S = 0.06;

const endOf = (bar) => bar.start_s + bar.length_s;
/** The loudness of a bar at a place in it: from the bar line, and from each beat at which it was turned. */
const gainAt = (bar, place) => bar.turns.findLast((turn) => turn.start_s <= place)?.gain_db ?? bar.gain_db;

/**
 * `pump(now)` returns what must be handed to the synth, as
 *   {kind: "bar", bar, at, repeat, crossfade}  a bar begins (again), in place of what sounded if `crossfade`
 *   {kind: "gain", gain_db, at}  the loudness changes within a bar
 *   {kind: "note", role, pitch, velocity, at, until}
 *   {kind: "dry"}  no bar came for REPEATS repeats; the music should fade
 */
export class Scheduler {
  /** `repeats`: how often the last bar may sound again while no new one has come. */
  constructor(repeats = REPEATS) {
    this.repeats = repeats;
  }

  #bars = new Map();
  #offset = null;
  #playing = null;
  #over = false;
  #dry = false;
  /** Notes up to this audio time are with the synth. */
  #handedTo = -Infinity;

  /** Session second 0 on the audio clock. Fixed at the first bar; later bars follow each other without gap. */
  anchor(offset) {
    this.#offset = offset;
  }

  /** The session second that sounds at `now`. */
  sessionAt(now) {
    return now - this.#offset;
  }

  get anchored() {
    return this.#offset !== null;
  }

  /** A bar of the log. The highest revision of a bar is the one that plays, from what has not sounded yet. */
  offer(performed) {
    const bar = safeBar(performed);
    if (!bar) return false;
    const known = this.#bars.get(bar.bar);
    if (known && known.revision >= bar.revision) return false;
    if (known) this.#forgetAfter(bar.bar);
    const now = this.#playing;
    const sounds = now?.bar.bar === bar.bar && now.repeat === 0 && now.bar.start_s === bar.start_s;
    this.#bars.set(bar.bar, { ...bar, replanned: Boolean(known) && !sounds });
    if (sounds) this.#turn(bar);
    this.#dry = false;
    return true;
  }

  /** The bar that sounds goes on in a newer revision: what was handed over stays, and does not sound twice. */
  #turn(bar) {
    const { notes, handed, at, turnedTo } = this.#playing;
    const from = bar.turns.at(-1)?.start_s ?? 0;
    const sounded = this.#playing.bar.notes.filter((note) => !notes.includes(note, handed));
    const left = unplayed(bar.notes, sounded, from - EARLY_S, this.#handedTo - at);
    Object.assign(this.#playing, { bar, notes: left, handed: 0, turnedTo: Math.min(turnedTo, from - 1e-6) });
  }

  /** A bar planned anew makes the ones planned after it void; they come anew as well. */
  #forgetAfter(number) {
    for (const other of this.#bars.keys()) if (other > number) this.#bars.delete(other);
  }

  /** The music ends at session time `atS`: play what began before it, repeat nothing. */
  finish(atS = Infinity) {
    this.#over = true;
    for (const bar of this.#bars.values()) if (bar.start_s >= atS) this.#bars.delete(bar.bar);
  }

  /** Forget every bar, sounding or waiting. */
  clear() {
    this.#bars.clear();
    this.rewind();
  }

  /** Begin afresh from the place that `anchor` gives; the bars stay. */
  rewind() {
    this.#playing = null;
    this.#handedTo = -Infinity;
    this.#dry = false;
  }

  /** {bar, at, repeat, position_s} of what sounds at `now`, or null. */
  playing(now) {
    if (!this.#playing) return null;
    const { bar, at, repeat } = this.#playing;
    return { bar, at, repeat, position_s: now - at };
  }

  /** Seconds of unplayed music ahead of `now`. */
  queued(now) {
    const played = this.#playing ? this.#playing.at + this.#playing.bar.length_s : now;
    let left = Math.max(0, played - now);
    for (let next = this.#playing?.bar.bar + 1; this.#bars.has(next); next += 1) left += this.#bars.get(next).length_s;
    return left;
  }

  pump(now) {
    if (this.#offset === null) return [];
    const actions = [];
    const horizon = now + LOOK_AHEAD_S;
    while (this.#advance(now, horizon, actions));
    if (this.#playing) this.#handNotes(now, horizon, actions);
    return actions;
  }

  /** One step from bar to bar; true when another may be due. */
  #advance(now, horizon, actions) {
    if (!this.#playing) return this.#begin(now, horizon, actions);
    const end = this.#playing.at + this.#playing.bar.length_s;
    const fresh = this.#playing.repeat > 0 ? this.#freshBar(now, horizon) : null;
    if (fresh) return this.#start(fresh, Math.max(now, fresh.start_s + this.#offset), 0, true, actions);
    if (end > horizon) return false;
    this.#handNotes(now, horizon, actions);
    return this.#follow(end, actions);
  }

  /** The first bar, or the first after silence: in its middle when it is already under way. */
  #begin(now, horizon, actions) {
    const bar = this.#covering(now - this.#offset, horizon - this.#offset);
    if (!bar) return false;
    const begins = bar.start_s + this.#offset;
    return this.#start(bar, Math.max(now, begins), 0, begins < now, actions);
  }

  #follow(end, actions) {
    const { bar, repeat } = this.#playing;
    const next = this.#bars.get(bar.bar + 1);
    if (next && Math.abs(next.start_s + this.#offset - end) <= CONTIGUOUS_S) {
      this.#offset = end - next.start_s;
      return this.#start(next, end, 0, false, actions);
    }
    const elsewhere = this.#covering(end - this.#offset, end - this.#offset);
    if (elsewhere && elsewhere.bar !== bar.bar) return this.#start(elsewhere, end, 0, true, actions);
    if (this.#over) return this.#rest();
    if (repeat >= this.repeats) return this.#runDry(actions);
    return this.#start(bar, end, repeat + 1, false, actions);
  }

  #rest() {
    this.#playing = null;
    return false;
  }

  #runDry(actions) {
    if (!this.#dry) actions.push({ kind: "dry" });
    this.#dry = true;
    return this.#rest();
  }

  /** A bar that has come while the last safe one was being repeated. */
  #freshBar(now, horizon) {
    const found = this.#covering(now - this.#offset, horizon - this.#offset);
    return found && found.bar > this.#playing.bar.bar ? found : null;
  }

  /** The bar that sounds at session time `from`, else the one that begins before `until`. */
  #covering(from, until) {
    let found = null;
    for (const bar of this.#bars.values()) {
      const joins = bar.start_s <= until && endOf(bar) - Math.max(from, bar.start_s) >= WORTH_JOINING_S;
      if (joins && (!found || bar.start_s < found.start_s)) found = bar;
    }
    return found;
  }

  /** Begin `bar` at audio time `at`; a jump enters it at the place where the session is. */
  #start(bar, at, repeat, jump, actions) {
    const entered = jump ? Math.max(0, at - (bar.start_s + this.#offset)) : 0;
    const place = repeat ? Infinity : entered;
    const gain_db = gainAt(bar, place) - SOFTER_DB * repeat;
    this.#playing = { bar, at: at - entered, repeat, notes: bar.notes, handed: 0, entered, turnedTo: place };
    const crossfade = jump || (bar.replanned && repeat === 0);
    actions.push({ kind: "bar", bar: { ...bar, gain_db }, at, repeat, crossfade });
    return true;
  }

  #handTurns(now, horizon, actions) {
    const { bar, at, turnedTo } = this.#playing;
    for (const { start_s, gain_db } of bar.turns) {
      if (start_s <= turnedTo || at + start_s > horizon) continue;
      actions.push({ kind: "gain", gain_db, at: Math.max(now, at + start_s) });
      this.#playing.turnedTo = start_s;
    }
  }

  #handNotes(now, horizon, actions) {
    this.#handTurns(now, horizon, actions);
    this.#handedTo = Math.min(horizon, this.#playing.at + this.#playing.bar.length_s);
    const { notes, at, entered } = this.#playing;
    for (; this.#playing.handed < notes.length; this.#playing.handed += 1) {
      const note = notes[this.#playing.handed];
      const starts = at + note.start_s;
      if (starts > horizon) return;
      const sounds = Math.max(starts, at + entered, now);
      const until = starts + note.length_s;
      const { role, pitch, velocity } = note;
      if (until - sounds > Math.min(0.05, note.length_s / 2)) {
        actions.push({ kind: "note", role, pitch, velocity, at: sounds, until });
      }
    }
  }
}

/** Of a newer revision's notes those that have not sounded: after `from` each key has sounded as often as it did in the
 * older one, before it both are alike and were handed over up to `handedTo`. */
function unplayed(notes, sounded, from, handedTo) {
  const times = new Map();
  for (const note of sounded) if (note.start_s >= from) times.set(keyOf(note), (times.get(keyOf(note)) ?? 0) + 1);
  return notes.filter((note) => {
    if (note.start_s < from) return note.start_s > handedTo;
    const left = times.get(keyOf(note)) ?? 0;
    times.set(keyOf(note), left - 1);
    return left <= 0;
  });
}

const keyOf = ({ role, pitch }) => `${role} ${pitch}`;

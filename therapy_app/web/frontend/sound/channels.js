// Roles on synth channels. A new instrument, or a jump, crossfades to another channel of the role. Pure.

import { same, tune } from "./tuning.js";

/** Three channels a role, so that a crossfade may begin while the last one's tails still ring; 10 is the drum channel. */
export const CHANNELS = { melody: [0, 4, 10], counter: [1, 5, 11], chords: [2, 6, 12], bass: [3, 7, 13] };
export const CROSSFADE_S = 1;
const STEP_S = 0.02;
/** A note is released this long before the same key sounds again. */
const RETRIGGER_S = 0.005;
/** Preparations (program, expression) precede the first note on a channel by this much. */
const PREPARE_S = 0.01;

const NOTE_ON = 0x90;
const NOTE_OFF = 0x80;
const CONTROL = 0xb0;
const PROGRAM = 0xc0;
const EXPRESSION = 11;

/** MIDI expression for a linear gain: synths make amplitude the square of it. */
export const expression = (gain) => Math.round(127 * Math.sqrt(Math.min(1, Math.max(0, gain))));

/** Messages are {at, bytes}, at on the audio clock. */
export class Channels {
  #roles = new Map();
  #sounding = [];
  #tuning = [];

  /** A bar begins: change what must change. `tuning` holds cents by pitch class, or nothing. `jump` moves every role, so that old and new never cut each other off. */
  begin(programs, at, jump, tuning = []) {
    const messages = same(tuning, this.#tuning) ? [] : [tune(tuning, at - PREPARE_S)];
    this.#tuning = tuning;
    for (const [role, ring] of Object.entries(CHANNELS)) {
      const program = programs[role];
      const now = this.#roles.get(role);
      if (!now && program !== undefined) messages.push(...this.#settle(role, ring, program, at));
      else if (now && (jump || (program !== undefined && program !== now.program))) {
        messages.push(...this.#crossfade(role, ring, program ?? now.program, at));
      }
    }
    return messages;
  }

  note({ role, pitch, velocity, at, until }) {
    const channel = this.#roles.get(role)?.channel;
    if (channel === undefined) return [];
    for (const held of this.#sounding) {
      if (held.channel === channel && held.pitch === pitch) held.until = Math.min(held.until, at - RETRIGGER_S);
    }
    this.#sounding.push({ channel, pitch, at, until });
    return [...this.release(at), { at, bytes: [NOTE_ON | channel, pitch, velocity] }];
  }

  /** Note-offs due before `horizon`. */
  release(horizon) {
    const due = this.#sounding.filter((held) => held.until <= horizon);
    this.#sounding = this.#sounding.filter((held) => held.until > horizon);
    return due.map(({ channel, pitch, until }) => off(channel, pitch, until));
  }

  /** After a stop: everything already handed over is released as it begins; the next bar sets its instruments anew. */
  clear() {
    const messages = this.#sounding.map(({ channel, pitch, at }) => off(channel, pitch, at + RETRIGGER_S));
    this.#roles.clear();
    this.#sounding = [];
    return messages;
  }

  #settle(role, ring, program, at) {
    this.#roles.set(role, { channel: ring[0], program });
    return this.#prepare(ring[0], program, 127, at);
  }

  #prepare(channel, program, level, at) {
    return [
      { at: at - PREPARE_S, bytes: [CONTROL | channel, EXPRESSION, level] },
      { at: at - PREPARE_S, bytes: [PROGRAM | channel, program] },
    ];
  }

  #crossfade(role, ring, program, at) {
    const old = this.#roles.get(role).channel;
    const next = ring[(ring.indexOf(old) + 1) % ring.length];
    this.#roles.set(role, { channel: next, program });
    for (const held of this.#sounding) {
      if (held.channel === old && held.until > at - PREPARE_S) held.until = at + CROSSFADE_S;
    }
    return [...this.#prepare(next, program, 0, at), ...ramps(old, next, at)];
  }
}

const off = (channel, pitch, at) => ({ at, bytes: [NOTE_OFF | channel, pitch, 0] });

/** Equal power: the squares of both gains add up to one at every step. */
function ramps(old, next, at) {
  const messages = [];
  for (let past = 0; past <= CROSSFADE_S; past += STEP_S) {
    const angle = (past / CROSSFADE_S) * (Math.PI / 2);
    messages.push({ at: at + past, bytes: [CONTROL | old, EXPRESSION, expression(Math.cos(angle))] });
    messages.push({ at: at + past, bytes: [CONTROL | next, EXPRESSION, expression(Math.sin(angle))] });
  }
  return messages;
}

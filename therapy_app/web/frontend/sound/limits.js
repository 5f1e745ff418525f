// The last gate before sound: what is not finite, or out of range, never reaches the synth.
// The clinical limits stand in therapy_app/session/safety.py; these are the hard bounds where sound is made.

import { safeTuning } from "./tuning.js";

export const PITCH = [12, 108];
export const VELOCITY_HIGH = 104;
export const LONGEST_NOTE_S = 30;
export const BAR_S = [0.5, 30];
export const QUIETEST_DB = -60;
export const ROLES = ["melody", "counter", "chords", "bass", "drums"];

const within = (value, [low, high]) => Number.isFinite(value) && value >= low && value <= high;

/** A gain that can only be soft: at most 0 dB, and the quietest there is when it is no number. */
export function safeGain(db) {
  return Number.isFinite(db) ? Math.min(0, Math.max(QUIETEST_DB, db)) : QUIETEST_DB;
}

/** The note as it may sound, or null. */
export function safeNote(note, barLength) {
  const fits =
    ROLES.includes(note.role) &&
    Number.isInteger(note.pitch) &&
    within(note.pitch, PITCH) &&
    Number.isFinite(note.velocity) &&
    note.velocity >= 1 &&
    within(note.start_s, [0, barLength]) &&
    within(note.length_s, [0.005, LONGEST_NOTE_S]);
  return fits ? { ...note, velocity: Math.min(VELOCITY_HIGH, Math.round(note.velocity)) } : null;
}

/** A PerformedBar of the log as it may sound, notes in order of time, or null when it can't be placed in time. */
export function safeBar(bar) {
  const placed =
    Number.isInteger(bar?.bar) &&
    Number.isInteger(bar.revision) &&
    Number.isFinite(bar.start_s) &&
    within(bar.length_s, BAR_S) &&
    Array.isArray(bar.notes);
  if (!placed) return null;
  const notes = bar.notes.map((note) => safeNote(note, bar.length_s)).filter(Boolean);
  const programs = Object.entries(bar.programs ?? {}).filter(
    ([role, program]) => ROLES.includes(role) && Number.isInteger(program) && within(program, [0, 127]),
  );
  return {
    ...bar,
    gain_db: safeGain(bar.gain_db),
    programs: Object.fromEntries(programs),
    tuning: safeTuning(bar.tuning),
    notes: notes.sort((one, other) => one.start_s - other.start_s),
    turns: safeTurns(bar.turns, bar.length_s),
  };
}

/** Where the bar was played anew, in order of time, each with a gain that can only be soft. */
function safeTurns(turns, barLength) {
  if (!Array.isArray(turns)) return [];
  const placed = turns.filter((turn) => within(turn?.start_s, [0, barLength]));
  return placed
    .map(({ start_s, gain_db }) => ({ start_s, gain_db: safeGain(gain_db) }))
    .sort((one, other) => one.start_s - other.start_s);
}

// Every event in words that a client may read over the shoulder, and the words for places, states and instruments.

import { ROLES } from "../sound/limits.js";

export const KINDS = [
  "started", "consent", "sensor", "stream", "phase", "baseline", "personal", "features", "affect", "target", "suggestion",
  "plan", "composed", "bar", "override", "check_in", "marker", "alarm", "alarm_cleared", "missed", "silenced", "ended",
];

export const PHASES = { baseline: "Rest", match: "Match", guide: "Guide", hold: "Hold", fade: "Fade" };

const ACTS = {
  hold: () => "Held",
  release: () => "Released",
  nudge: ({ valence, arousal }) => `Nudged towards ${direction(valence, arousal)}`,
  loudness: ({ loudness_db }) => (loudness_db < 0 ? "Softer" : "Louder"),
  skip: () => "Something else",
  silence: () => "Silenced",
  resume: () => "Resumed",
  accept: () => "Suggestion accepted",
  worse: () => "“I feel worse”",
  rest: () => "Rest measured again from here",
  stop: () => "Stop",
};

const SENTENCES = {
  started: ({ prescription }) => `Session asked for: ${prescription.goal}, ${prescription.strategy}`,
  consent: () => "Consent checked",
  sensor: ({ status }) => `${status.device}: ${status.state}${status.reason ? `, ${status.reason}` : ""}`,
  stream: ({ stream, flags }) => `Signal found: ${stream}${flags.length ? ` (${flags.join(", ")})` : ""}`,
  phase: ({ phase, until_s }) => `${PHASES[phase] ?? phase} began, until ${clock(until_s)}`,
  baseline: ({ source, reason }) => `Resting baseline: ${source}${reason ? `, ${reason}` : ""}`,
  personal: ({ reason }) => `Learned of this person: ${reason}`,
  features: ({ readings }) => `Measured: ${heard(readings)}`,
  affect: ({ affect }) => felt(affect),
  target: ({ aim }) => `Aim: ${place(aim)}`,
  suggestion: ({ aim }) => `Suggested: ${place(aim)}`,
  plan: ({ reason }) => reason,
  composed: ({ bar, generator }) => `Bar ${bar} written by ${generator}`,
  bar: ({ bar, generator, late }) =>
    bar.turns?.length
      ? `Bar ${bar.bar} played anew from beat ${bar.turns.at(-1).beat + 1}`
      : `Bar ${bar.bar} composed by ${generator}${late ? ", late" : ""}`,
  override: ({ command }) => ACTS[command.name]?.(command) ?? command.name,
  check_in: ({ command }) => `Said: ${said(command)} (${MOMENTS[command.when] ?? command.when})`,
  marker: ({ command }) => `Mark${command.text ? `: ${command.text}` : ""}`,
  alarm: ({ words }) => words,
  alarm_cleared: ({ code }) => `Over: ${code}`,
  missed: ({ count }) => `The engine missed ${count} ticks`,
  silenced: ({ reason }) => `Silenced: ${reason}`,
  ended: ({ how, reason }) => `Ended, ${how}${reason ? `: ${reason}` : ""}`,
};

/** What is told of a second's readings: name, word, digits, unit. */
const MEASURES = [
  ["hr_bpm", "pulse", 0, " a minute"], ["rmssd_ms", "HRV", 0, " ms"], ["eda_tonic_us", "skin", 1, " µS"],
  ["scr_per_min", "skin responses", 0, " a minute"], ["resp_per_min", "breath", 0, " a minute"], ["movement_g", "movement", 2, " g"],
];

const MOMENTS = { pre: "before", during: "during", post: "after" };

/** Kinds that stand as acts on the time axis. */
export const ON_AXIS = ["override", "check_in", "marker", "alarm", "silenced", "ended"];

/** General MIDI programs of the shipped bank. */
const INSTRUMENTS = {
  0: "piano", 4: "electric piano", 8: "celesta", 11: "vibraphone", 24: "guitar", 42: "cello", 46: "harp",
  48: "strings", 49: "slow strings", 52: "choir", 53: "voices", 73: "flute", 88: "fantasia", 89: "warm pad",
  91: "space voice", 94: "halo pad", 95: "sweep pad", 122: "sea",
};

export function sentence({ kind, body }) {
  return SENTENCES[kind]?.(body) ?? kind;
}

/** '06:12', or '1:06:12' from an hour on. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** '+0.2', '−0.2', '0.0'. */
export function signed(value, digits = 1) {
  const size = Math.abs(value).toFixed(digits);
  return Number(size) === 0 ? size : (value < 0 ? "−" : "+") + size;
}

/** Valence and arousal in words: 'calm and good'. */
export function place({ valence, arousal }) {
  const energy = arousal < -0.6 ? "very calm" : arousal < -0.2 ? "calm" : arousal <= 0.2 ? "even" : "lively";
  const mood = valence < -0.2 ? "low" : valence <= 0.2 ? "neutral" : valence <= 0.6 ? "good" : "very good";
  return `${energy}, ${mood}`;
}

/** 'F♯', '♭VII' for what the log writes with letters and signs of the keyboard. */
export const accidentals = (name) => name.replace(/(?<=[A-G])b/, "♭").replace(/^b(?=[IViv])/, "♭").replace("#", "♯");

export function instruments(programs) {
  const names = ROLES.filter((role) => role in programs).map((role) =>
    role === "drums" ? "soft percussion" : (INSTRUMENTS[programs[role]] ?? `program ${programs[role]}`),
  );
  return [...new Set(names)].join(", ");
}

const CALM_AS_REST = 0.15;
const NO_REST =
  "The first minutes were not quiet enough to compare with, so the music follows its plan. " +
  "When you can sit still for three minutes, press ‘Rest again’.";

/** One sentence for the person themselves about how they seem. */
export function gently({ readings, affect, phase, rest, resting, ended }) {
  if (ended) return "The music is over. Thank you.";
  if (resting || phase?.phase === "baseline") return "Sit comfortably: how you are at rest is being measured.";
  if (rest?.source === "refused") return NO_REST;
  const pulse = readings.hr_bpm?.value ?? null;
  const felt = pulse === null ? "Your pulse can't be felt just now" : `Your pulse is felt, ${pulse.toFixed(0)} a minute`;
  if (affect?.state !== "known") return `${felt}. How lively you are can't be told yet; the music follows its plan.`;
  return `${felt}. You seem ${compared(affect.arousal)}. That is estimated and can be wrong: below you can say how it is.`;
}

function compared({ value, low, high }) {
  if (Math.abs(value) < CALM_AS_REST) return "about as calm as at rest";
  const unsure = low < 0 && high > 0;
  return `${unsure ? "perhaps a little " : ""}${value > 0 ? "livelier" : "calmer"} than at rest`;
}

function direction(valence, arousal) {
  const words = [arousal > 0 && "lively", arousal < 0 && "calm", valence > 0 && "good", valence < 0 && "low"];
  return words.filter(Boolean).join(" and ") || "nothing";
}

/** A check-in may be of one half only. */
function said(command) {
  const [energy, mood] = place(command).split(", ");
  return { arousal: energy, valence: mood }[command.only] ?? `${energy}, ${mood}`;
}

function felt(affect) {
  if (affect.state === "unknown") return `Estimate unknown: ${affect.reason}`;
  const parts = affect.contributions.slice(0, 3).map((part) => part.words);
  return `Estimated ${place({ valence: affect.valence.value, arousal: affect.arousal.value })}${
    parts.length ? ` from ${parts.join("; ")}` : ""
  }`;
}

function heard(readings) {
  const known = MEASURES.filter(([name]) => (readings[name]?.value ?? null) !== null);
  return known.map(([name, words, digits, unit]) => `${words} ${readings[name].value.toFixed(digits)}${unit}`).join(", ") || "nothing clear";
}

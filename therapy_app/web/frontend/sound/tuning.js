// Quarter tones: a bar's cents by pitch class as the MIDI Tuning Standard's scale/octave message. Pure.

export const WIDEST_CENTS = 63;
const SCALE_OCTAVE = [0xf0, 0x7f, 0x7f, 0x08, 0x08];
const ALL_CHANNELS = [0x03, 0x7f, 0x7f];
const END = 0xf7;
const EQUAL = new Array(12).fill(0);

/** Twelve numbers within range, or none: what is malformed sounds in equal temperament. */
export function safeTuning(tuning) {
  const fits =
    Array.isArray(tuning) &&
    tuning.length === 12 &&
    tuning.every((cents) => Number.isFinite(cents) && Math.abs(cents) <= WIDEST_CENTS);
  return fits ? tuning : [];
}

/** The message that tunes every channel at `at`; an empty tuning is equal temperament. */
export function tune(tuning, at) {
  const cents = tuning.length ? tuning : EQUAL;
  return { at, bytes: [...SCALE_OCTAVE, ...ALL_CHANNELS, ...cents.map((value) => 64 + Math.round(value)), END] };
}

export const same = (one, other) => one.length === other.length && one.every((cents, i) => cents === other[i]);

// Bars for the tests: quarter notes on one role, contiguous on the session clock.
export function bar(number, more = {}) {
  const length_s = more.length_s ?? 2;
  const notes = [0, 1, 2, 3].map((beat) => ({
    role: "melody",
    pitch: 60 + beat,
    velocity: 70,
    start_s: (beat * length_s) / 4,
    length_s: length_s / 4,
  }));
  return {
    bar: number,
    revision: 0,
    start_s: number * 2,
    length_s,
    tempo_bpm: 120,
    beats: 4,
    gain_db: -6,
    programs: { melody: 0, chords: 89 },
    notes,
    ...more,
  };
}

/** Pump from `from` to `until` every 40 ms and gather what is handed out; `each(now)` may offer bars meanwhile. */
export function run(scheduler, from, until, each = () => {}) {
  const actions = [];
  for (let now = from; now < until; now += 0.04) {
    each(now);
    for (const action of scheduler.pump(now)) actions.push({ ...action, handed: now });
  }
  return actions;
}

export const kinds = (actions, kind) => actions.filter((action) => action.kind === kind);

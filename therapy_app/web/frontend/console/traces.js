// The session's curves, one number a second, as uPlot wants them: shared times, null where nothing was known.

export const READINGS = ["hr_bpm", "rmssd_ms", "eda_tonic_us", "eeg_alpha", "movement_g"];
const FELT = ["arousal", "arousal_low", "arousal_high", "aim"];

export class Traces {
  times = [];
  values = Object.fromEntries([...READINGS, ...FELT].map((name) => [name, []]));
  #felt = null;
  #aim = null;

  take({ kind, at_s, body }) {
    if (kind === "affect") this.#feel(body.affect.arousal);
    if (kind === "target") this.#aim = body.aim.arousal;
    if (kind === "features") this.#second(at_s, body.readings);
  }

  /** The estimate follows its features in the log: it belongs to the second that was just taken. */
  #feel(arousal) {
    this.#felt = arousal;
    if (this.times.length) this.#write(this.times.length - 1);
  }

  #second(atS, readings) {
    this.times.push(atS);
    for (const name of READINGS) this.values[name].push(readings[name]?.value ?? null);
    for (const name of FELT) this.values[name].push(null);
    this.values.aim[this.times.length - 1] = this.#aim;
  }

  #write(index) {
    this.values.arousal[index] = this.#felt?.value ?? null;
    this.values.arousal_low[index] = this.#felt?.low ?? null;
    this.values.arousal_high[index] = this.#felt?.high ?? null;
    this.values.aim[index] = this.#aim;
  }
}

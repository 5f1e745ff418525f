// From synth and percussion to the ear: level, limiter, and last of all the gate that STOP shuts.
import { WorkletSynthesizer } from "spessasynth_lib";
import { amplitude } from "./fader.js";
import { measureLag } from "./lag.js";
import { QUIETEST_DB } from "./limits.js";
import { percussion } from "./percussion.js";

const LIMIT = { threshold: -3, knee: 0, ratio: 20, attack: 0.003, release: 0.25 };
/** A DynamicsCompressorNode adds make-up gain of (1 / its gain at full scale) ** 0.6 (Web Audio 1.0); taken off again. */
export const MAKEUP_DB = -0.6 * (LIMIT.threshold - LIMIT.threshold / LIMIT.ratio);
/** The bank plays a chord of velocity 50 near -36 dBFS; this lifts the instruments themselves, before any loudness. */
const INSTRUMENTS_DB = 10;
const STOP_S = 0.008;
const SHUT_S = 0.06;

/** urls: {synth, onset, soundfont}. The context may still be suspended. */
async function makeSynth(context, urls) {
  const [bank] = await Promise.all([
    fetch(urls.soundfont).then((answer) => answer.arrayBuffer()),
    context.audioWorklet.addModule(urls.synth),
    context.audioWorklet.addModule(urls.onset),
  ]);
  const synth = new WorkletSynthesizer(context, { eventsEnabled: false });
  // Its clock counts only the frames it renders, and it renders only while connected.
  synth.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
  await synth.isReady;
  await synth.soundBankManager.addSoundBank(bank, "main");
  return synth;
}

function chain(context) {
  const level = new GainNode(context, { gain: 0 });
  const limiter = new DynamicsCompressorNode(context, LIMIT);
  const unmake = new GainNode(context, { gain: amplitude(-MAKEUP_DB) });
  const gate = new GainNode(context, { gain: 0 });
  const ear = new AnalyserNode(context, { fftSize: 2048 });
  level.connect(limiter).connect(unmake).connect(gate).connect(context.destination);
  gate.connect(ear);
  return { level, gate, ear };
}

/** Everything that makes sound in this page. Made once the context runs; `lag_s` is measured before the gate opens. */
export class Output {
  static async open(context, urls) {
    const synth = await makeSynth(context, urls);
    const lag_s = await measureLag(context, synth);
    return new Output(context, synth, lag_s);
  }

  constructor(context, synth, lag_s) {
    Object.assign(this, { context, synth, lag_s }, chain(context));
    this.strike = percussion(context, this.level);
    const lifted = new GainNode(context, { gain: amplitude(INSTRUMENTS_DB) });
    synth.connect(lifted).connect(this.level);
  }

  get now() {
    return this.context.currentTime;
  }

  send({ at, bytes }) {
    this.synth.sendMessage(bytes, 0, { time: at - this.lag_s });
  }

  /** A segment of the fader, linear in decibels. One under way is first led to where it is when the new one begins. */
  fade(segment) {
    if (!segment) return;
    const gain = this.level.gain;
    const begin = Math.max(segment.at, this.now);
    gain.cancelScheduledValues(begin);
    gain.exponentialRampToValueAtTime(amplitude(segment.nowDb), begin);
    gain.setValueAtTime(amplitude(segment.fromDb), begin);
    gain.exponentialRampToValueAtTime(amplitude(segment.toDb), Math.max(segment.until, begin + 0.01));
    if (segment.toDb <= QUIETEST_DB) gain.setValueAtTime(0, Math.max(segment.until, begin + 0.01));
  }

  open() {
    this.gate.gain.cancelScheduledValues(this.now);
    this.gate.gain.setTargetAtTime(1, this.now, STOP_S);
  }

  /** Silence at once: the gate is down 65 dB after 60 ms, then shut. */
  shut() {
    const now = this.now;
    this.gate.gain.cancelScheduledValues(now);
    this.gate.gain.setTargetAtTime(0, now, STOP_S);
    this.gate.gain.setValueAtTime(0, now + SHUT_S);
    this.synth.stopAll(true);
  }

  /** Root mean square of the last 2048 samples that went to the ear. */
  rms() {
    const samples = new Float32Array(this.ear.fftSize);
    this.ear.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  }
}

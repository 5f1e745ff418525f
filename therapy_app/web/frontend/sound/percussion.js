// Soft hand percussion made from noise and sine, for the General MIDI notes a calm piece uses. The bank has no kit.

/** How each note sounds: a sine that falls `from` to `to` Hz, noise around `noise` Hz, both gone after `decay_s`. */
const DRUM = { from: 92, to: 54, sine: 0.9, noise: 320, breath: 0.12, decay_s: 0.34 };
const BRUSH = { sine: 0, noise: 2600, breath: 0.3, decay_s: 0.16, soft_s: 0.012 };
const WOOD = { from: 820, to: 790, sine: 0.32, noise: 1500, breath: 0.06, decay_s: 0.09 };
export const SOUNDS = {
  35: DRUM,
  36: { ...DRUM, from: 104, to: 60, decay_s: 0.28 },
  38: BRUSH,
  40: { ...BRUSH, noise: 2100, decay_s: 0.24 },
  42: { sine: 0, noise: 6200, breath: 0.14, decay_s: 0.06, soft_s: 0.003 },
  54: { sine: 0, noise: 5200, breath: 0.2, decay_s: 0.2, soft_s: 0.006 },
  70: { sine: 0, noise: 4300, breath: 0.2, decay_s: 0.07, soft_s: 0.014 },
  75: { ...WOOD, from: 1650, to: 1620, sine: 0.22, decay_s: 0.07 },
  76: WOOD,
};
const LOUDEST = 0.5;
const NOISE_S = 1;

/** The same second of noise every time: a small linear congruential generator. */
function noiseBuffer(context) {
  const buffer = context.createBuffer(1, NOISE_S * context.sampleRate, context.sampleRate);
  const samples = buffer.getChannelData(0);
  let state = 1;
  for (let i = 0; i < samples.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    samples[i] = state / 2 ** 31 - 1;
  }
  return buffer;
}

/** Returns strike({pitch, velocity, at}); unknown notes are played as a shaker. */
export function percussion(context, destination) {
  const noise = noiseBuffer(context);

  function envelope(level, sound, at) {
    const gain = new GainNode(context, { gain: 0 });
    const peak = at + (sound.soft_s ?? 0.002);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(level, peak);
    gain.gain.setTargetAtTime(0, peak, sound.decay_s / 4);
    gain.connect(destination);
    return gain;
  }

  function run(source, through, at, length_s) {
    source.connect(through);
    source.start(at);
    source.stop(at + length_s);
    source.onended = () => source.disconnect();
  }

  function strikeSine(sound, level, at) {
    const tone = new OscillatorNode(context, { frequency: sound.from });
    tone.frequency.setValueAtTime(sound.from, at);
    tone.frequency.exponentialRampToValueAtTime(sound.to, at + sound.decay_s / 2);
    run(tone, envelope(level * sound.sine, sound, at), at, sound.decay_s * 2);
  }

  function strikeNoise(sound, level, at) {
    const filter = new BiquadFilterNode(context, { type: "bandpass", frequency: sound.noise, Q: 0.9 });
    filter.connect(envelope(level * sound.breath, sound, at));
    run(new AudioBufferSourceNode(context, { buffer: noise }), filter, at, Math.min(NOISE_S, sound.decay_s * 2));
  }

  return function strike({ pitch, velocity, at }) {
    const sound = SOUNDS[pitch] ?? SOUNDS[70];
    const level = LOUDEST * (velocity / 127) ** 2;
    if (sound.sine) strikeSine(sound, level, at);
    if (sound.breath) strikeNoise(sound, level, at);
  };
}

// How loud each program of the shipped bank is: RMS in dB of a note held for 2 s at velocity 80, mean of C3, C4, C5.
// Run: node benchmarks/instruments.mjs      (the figures behind LEVEL_DB in models/music/instruments.py)
import { readFileSync } from "node:fs";
import { SoundBankLoader, SpessaSynthProcessor } from "spessasynth_core";

const RATE = 44100;
const BLOCK = 128;
const PITCHES = [48, 60, 72];
const PROGRAMS = [0, 4, 8, 11, 24, 42, 46, 48, 49, 52, 53, 73, 88, 89, 91, 94, 95];
const file = readFileSync(new URL("../therapy_app/web/static/soundfont/calm_stereo.sf3", import.meta.url));

async function level(program, pitch) {
  const synth = new SpessaSynthProcessor(RATE, { enableEventSystem: false });
  await synth.processorInitialized;
  synth.soundBankManager.addSoundBank(SoundBankLoader.fromArrayBuffer(file.buffer.slice(0)), "main");
  synth.programChange(0, program);
  synth.noteOn(0, pitch, 80);
  const [left, right] = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
  let power = 0;
  const blocks = (2 * RATE) / BLOCK;
  for (let block = 0; block < blocks; block += 1) {
    left.fill(0);
    right.fill(0);
    synth.process(left, right);
    for (let k = 0; k < BLOCK; k += 1) power += left[k] ** 2 + right[k] ** 2;
  }
  return 10 * Math.log10(power / (2 * BLOCK * blocks));
}

for (const program of PROGRAMS) {
  const levels = [];
  for (const pitch of PITCHES) levels.push(await level(program, pitch));
  console.log(program, (levels.reduce((sum, value) => sum + value) / levels.length).toFixed(1));
}

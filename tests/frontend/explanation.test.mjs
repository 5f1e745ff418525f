import assert from "node:assert/strict";
import { test } from "node:test";
import { cueWords } from "../../therapy_app/web/frontend/console/explanation.js";

test("a cue is told in words, with what is usual, and with the digits that it is known to", () => {
  const notes = { cue: "onset_density", difference: "more notes a second than usual", value: 3.123, usual: 2.07, unit: "a second" };
  assert.deepEqual(cueWords(notes), { words: "More notes a second than usual", about: "3.1 a second, usually 2.1" });
  const tempo = { cue: "tempo_bpm", difference: "tempo as usual", value: 81.2, usual: 81.2204, unit: "bpm" };
  assert.equal(cueWords(tempo).about, "81 bpm, usually 81");
  const rough = { cue: "dissonance", difference: "smoother than usual", value: -0.456, usual: -0.427, unit: "rough" };
  assert.equal(cueWords(rough).about, "−0.46 rough, usually −0.43");
});

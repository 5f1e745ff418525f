import assert from "node:assert/strict";
import { test } from "node:test";
import { Log } from "../../therapy_app/web/frontend/console/log.js";
import { barStart, begun, momentOf } from "../../therapy_app/web/frontend/console/moment.js";
import { Traces } from "../../therapy_app/web/frontend/console/traces.js";
import { accidentals, clock, instruments, sentence, signed } from "../../therapy_app/web/frontend/console/words.js";
import { bar } from "./bars.mjs";

const entry = (seq, at_s, kind, body, follows = []) => ({ seq, at_s, kind, body, follows });
const command = (name, more = {}) => ({ command: { name, valence: 0, arousal: 0, loudness_db: 0, text: "", ...more } });
const reading = (value) => ({ value, quality: 1, coverage: 1, window_s: 10, age_s: 0, reason: "" });
const aim = { valence: 0.5, arousal: -0.6 };

test("an event is taken once, however often it comes", () => {
  const log = new Log();
  assert.ok(log.add(entry(1, 0, "consent", {})));
  assert.ok(!log.add(entry(1, 0, "consent", {})));
  assert.equal(log.entries.length, 1);
  assert.equal(log.lastSeq, 1);
});

test("why is answered by walking what follows from what, newest first", () => {
  const log = new Log();
  const causes = [[1, []], [2, [1]], [3, [1]], [4, [2, 3]], [5, []]];
  for (const [seq, follows] of causes) log.add(entry(seq, seq, "consent", {}, follows));
  assert.deepEqual(log.causes(4).map((cause) => cause.seq), [4, 3, 2, 1]);
});

test("the moment at any time is a fold over the log until then", () => {
  const log = new Log();
  log.add(entry(1, 0, "phase", { phase: "match", until_s: 60 }));
  log.add(entry(2, 5, "override", command("hold")));
  log.add(entry(3, 8, "alarm", { code: "signal", level: "warning", words: "No clear signal." }));
  log.add(entry(4, 9, "alarm_cleared", { code: "signal" }));
  log.add(entry(5, 9, "override", command("release")));
  log.add(entry(6, 12, "silenced", { fade_s: 2, reason: "asked" }));
  log.add(entry(7, 20, "ended", { how: "finished", reason: "" }));
  const at = (seconds) => momentOf(log.until(seconds));
  assert.equal(at(4).held, false);
  assert.equal(at(6).held, true);
  assert.equal(at(8).alarms.size, 1);
  assert.equal(at(10).alarms.size, 0);
  assert.equal(at(10).held, false);
  assert.ok(at(15).silenced && !at(15).ended);
  assert.equal(at(30).ended.body.how, "finished");
});

test("a suggestion stands until it is accepted", () => {
  const suggested = entry(1, 0, "suggestion", { aim, reason: "calmer" });
  assert.ok(momentOf([suggested]).suggestion);
  assert.equal(momentOf([suggested, entry(2, 1, "override", command("accept"))]).suggestion, null);
});

test("the bar that sounds is the newest that has begun, in its highest revision", () => {
  const bars = [bar(0), bar(1), bar(2), bar(1, { revision: 1, start_s: 2.5 })];
  const moment = momentOf(bars.map((performed, i) => entry(i + 1, i, "bar", { bar: performed })));
  assert.equal(begun(moment.bars, 2.6, barStart).body.bar.revision, 1);
  assert.equal(begun(moment.bars, 2.4, barStart).body.bar.bar, 0);
  assert.ok(!moment.bars.has(2));
});

test("curves keep a gap where nothing was known", () => {
  const traces = new Traces();
  traces.take(entry(1, 1, "features", { readings: { hr_bpm: reading(70) } }));
  traces.take(entry(2, 1, "affect", { affect: { state: "known", arousal: { value: 0.1, low: -0.2, high: 0.4 } } }));
  traces.take(entry(3, 2, "features", { readings: {} }));
  traces.take(entry(4, 2, "affect", { affect: { state: "unknown", arousal: null } }));
  assert.deepEqual(traces.values.hr_bpm, [70, null]);
  assert.deepEqual(traces.values.arousal, [0.1, null]);
  assert.deepEqual(traces.times, [1, 2]);
});

test("events, numbers and names are put in plain words", () => {
  assert.equal(sentence(entry(1, 0, "override", command("nudge", { arousal: -0.2 }))), "Nudged towards calm");
  assert.equal(sentence(entry(1, 0, "target", { aim })), "Aim: calm, good");
  assert.equal(clock(3723), "1:02:03");
  assert.equal(signed(-0.04), "0.0");
  assert.equal(signed(-0.25), "−0.3");
  assert.equal(accidentals("Bb") + accidentals("F#") + accidentals("bVII"), "B♭F♯♭VII");
  assert.equal(instruments({ bass: 42, melody: 73, drums: 0 }), "flute, cello, soft percussion");
});

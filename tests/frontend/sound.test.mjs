import assert from "node:assert/strict";
import { test } from "node:test";
import { Channels, CROSSFADE_S } from "../../therapy_app/web/frontend/sound/channels.js";
import { SessionClock } from "../../therapy_app/web/frontend/sound/clock.js";
import { Fader } from "../../therapy_app/web/frontend/sound/fader.js";
import { safeBar, safeGain, VELOCITY_HIGH } from "../../therapy_app/web/frontend/sound/limits.js";
import { bar } from "./bars.mjs";

const status = (message) => message.bytes[0] & 0xf0;
const channel = (message) => message.bytes[0] & 0x0f;

test("numbers that are no numbers, or out of range, never reach the synth", () => {
  const bad = [
    { pitch: NaN }, { pitch: 200 }, { pitch: 60.5 }, { velocity: Infinity }, { velocity: 0 },
    { start_s: -1 }, { start_s: 99 }, { length_s: Infinity }, { length_s: -2 }, { role: "lead" },
  ].map((wrong) => ({ role: "melody", pitch: 60, velocity: 70, start_s: 0, length_s: 1, ...wrong }));
  const loud = { role: "melody", pitch: 60, velocity: 127, start_s: 0, length_s: 1 };
  const safe = safeBar(bar(0, { notes: [...bad, loud], gain_db: 12, programs: { melody: 300, bass: 42 } }));
  assert.equal(safe.notes.length, 1);
  assert.equal(safe.notes[0].velocity, VELOCITY_HIGH);
  assert.equal(safe.gain_db, 0);
  assert.deepEqual(safe.programs, { bass: 42 });
  assert.equal(safeGain(NaN), -60);
  for (const wrong of [{ start_s: NaN }, { length_s: Infinity }, { length_s: 0 }, { bar: 1.5 }, { notes: null }]) {
    assert.equal(safeBar(bar(0, wrong)), null);
  }
});

test("a turn that is nowhere or no loudness can only be soft", () => {
  const turns = [{ start_s: 1.5, gain_db: 12 }, { start_s: 0.5, gain_db: NaN }, { start_s: NaN }, { start_s: 9 }, null];
  assert.deepEqual(safeBar(bar(0, { turns })).turns, [{ start_s: 0.5, gain_db: -60 }, { start_s: 1.5, gain_db: 0 }]);
  assert.deepEqual(safeBar(bar(0, { turns: "later" })).turns, []);
});

test("volume rises over two seconds and falls at once", () => {
  const fader = new Fader();
  const rise = fader.toward(-6, 10);
  assert.equal(rise.until - rise.at, 2);
  assert.ok(fader.at(11) < -6 && fader.at(12) === -6);
  const fall = fader.toward(-20, 13);
  assert.ok(fall.until - fall.at <= 0.05);
  assert.equal(fader.at(13.05), -20);
  assert.equal(fader.toward(-20, 14), null);
});

test("the session clock follows the least delayed event", () => {
  const clock = new SessionClock();
  assert.ok(Number.isNaN(clock.now(5)));
  clock.observe(1, 100);
  clock.observe(2, 100.2);
  clock.observe(3, 103);
  assert.ok(Math.abs(clock.now(104) - 5.8) < 1e-9);
});

test("a note is released before the same key sounds again", () => {
  const channels = new Channels();
  channels.begin({ melody: 0 }, 1, false);
  channels.note({ role: "melody", pitch: 60, velocity: 70, at: 1, until: 3 });
  const again = channels.note({ role: "melody", pitch: 60, velocity: 70, at: 2, until: 4 });
  assert.deepEqual(again.map(status), [0x80, 0x90]);
  assert.ok(again[0].at < 2);
  assert.deepEqual(channels.release(5).map((message) => message.at), [4]);
});

test("a new instrument crossfades on another channel at equal power, and held notes last through it", () => {
  const channels = new Channels();
  channels.begin({ chords: 89, bass: 42 }, 0, false);
  channels.note({ role: "chords", pitch: 60, velocity: 70, at: 0, until: 2 });
  const messages = channels.begin({ chords: 48, bass: 42 }, 2, false);
  const fades = messages.filter((message) => status(message) === 0xb0 && message.at >= 2);
  const [old, next] = [2, 6];
  assert.deepEqual([...new Set(fades.map(channel))].sort(), [old, next]);
  for (let i = 0; i < fades.length; i += 2) {
    const power = [fades[i], fades[i + 1]].map((message) => (message.bytes[2] / 127) ** 4);
    assert.ok(Math.abs(power[0] + power[1] - 1) < 0.04, `power ${power}`);
  }
  assert.equal(channels.release(2.5).length, 0);
  assert.equal(channels.release(2 + CROSSFADE_S)[0].at, 2 + CROSSFADE_S);
});

test("the drum channel of General MIDI is never used for a role", () => {
  const channels = new Channels();
  const used = new Set();
  for (let i = 0; i < 9; i += 1) {
    const programs = { melody: i, counter: i, chords: i, bass: i };
    for (const message of channels.begin(programs, i * 2, false)) used.add(channel(message));
  }
  assert.ok(!used.has(9));
  assert.equal(used.size, 12);
});

const RAST = [0, 0, 0, 0, -50, 0, 0, 0, 0, 0, 0, -50];

test("quarter tones are set before the bar that has them, once, and taken back after it", () => {
  const channels = new Channels();
  const tunings = (messages) => messages.filter((message) => message.bytes[0] === 0xf0);
  assert.equal(tunings(channels.begin({ melody: 0 }, 1, false, [])).length, 0);
  const [set] = tunings(channels.begin({ melody: 0 }, 3, false, RAST));
  assert.ok(set.at < 3);
  assert.deepEqual(set.bytes.slice(0, 8), [0xf0, 0x7f, 0x7f, 8, 8, 3, 0x7f, 0x7f]);
  assert.deepEqual(set.bytes.slice(8, 20).map((byte) => byte - 64), RAST);
  assert.equal(set.bytes.at(-1), 0xf7);
  assert.equal(tunings(channels.begin({ melody: 0 }, 5, false, [...RAST])).length, 0);
  const [back] = tunings(channels.begin({ melody: 0 }, 7, false, []));
  assert.ok(back.bytes.slice(8, 20).every((byte) => byte === 64));
});

test("a tuning that is none is equal temperament", () => {
  assert.deepEqual(safeBar(bar(0, { tuning: RAST })).tuning, RAST);
  for (const tuning of [undefined, null, [1, 2], RAST.map(() => NaN), RAST.map(() => 400), "rast"]) {
    assert.deepEqual(safeBar(bar(0, { tuning })).tuning, []);
  }
});

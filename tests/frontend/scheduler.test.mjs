import assert from "node:assert/strict";
import { test } from "node:test";
import { LOOK_AHEAD_S, REPEATS, Scheduler } from "../../therapy_app/web/frontend/sound/scheduler.js";
import { bar, kinds, run } from "./bars.mjs";

function anchored(...bars) {
  const scheduler = new Scheduler();
  scheduler.anchor(10);
  for (const each of bars) scheduler.offer(each);
  return scheduler;
}

test("bars follow each other without gap or overlap", () => {
  const lengths = [2, 1.8, 2.2, 2];
  let start_s = 0;
  const bars = lengths.map((length_s, number) => {
    const made = bar(number, { length_s, start_s: start_s + number * 0.01 });
    start_s += length_s;
    return made;
  });
  const begun = kinds(run(anchored(...bars), 9.9, 17.5), "bar");
  assert.deepEqual(begun.map((one) => one.bar.bar), [0, 1, 2, 3]);
  for (let i = 1; i < begun.length; i += 1) {
    assert.ok(Math.abs(begun[i].at - begun[i - 1].at - lengths[i - 1]) < 1e-9);
  }
});

test("notes are handed over in time and never more than the look-ahead early", () => {
  const notes = kinds(run(anchored(bar(0), bar(1)), 9.5, 13.7), "note");
  assert.equal(notes.length, 8);
  for (const note of notes) {
    assert.ok(note.at - note.handed <= LOOK_AHEAD_S + 1e-9);
    assert.ok(note.at >= note.handed);
  }
});

test("the highest revision of a bar that has not begun is the one that plays", () => {
  const scheduler = anchored(bar(0), bar(1));
  const newer = bar(1, { revision: 2, tempo_bpm: 66 });
  const begun = kinds(run(scheduler, 9.9, 13, (now) => {
    if (now > 11 && now < 11.05) scheduler.offer(newer);
    if (now > 11.1 && now < 11.15) scheduler.offer(bar(1, { revision: 1, tempo_bpm: 60 }));
  }), "bar");
  assert.deepEqual(begun.map((one) => [one.bar.bar, one.bar.revision]), [[0, 0], [1, 2]]);
  assert.deepEqual(begun.map((one) => one.crossfade), [false, true]);
});

test("a bar that already began is not changed under the listener", () => {
  const scheduler = anchored(bar(0), bar(1));
  const changed = bar(0, { revision: 1, notes: [] });
  const actions = run(scheduler, 9.9, 11.7, (now) => {
    if (now > 10.9 && now < 10.95) scheduler.offer(changed);
  });
  assert.equal(kinds(actions, "note").length, 4);
});

test("joining late starts inside the bar that is under way, at its place", () => {
  const held = { role: "chords", pitch: 48, velocity: 60, start_s: 0, length_s: 2 };
  const second = bar(1, { notes: [held, ...bar(1).notes] });
  const actions = run(anchored(bar(0), second, bar(2)), 13.1, 15.9);
  const [first, following] = kinds(actions, "bar");
  assert.equal(first.bar.bar, 1);
  assert.ok(first.crossfade);
  assert.ok(Math.abs(following.at - 14) < 1e-9);
  const chord = kinds(actions, "note").find((note) => note.role === "chords");
  assert.ok(Math.abs(chord.at - 13.1) < 0.01 && Math.abs(chord.until - 14) < 1e-9);
  assert.ok(kinds(actions, "note").every((note) => note.until > 13.1));
});

test("without a new bar the last one repeats, softer each time, and then the music fades", () => {
  const actions = run(anchored(bar(0)), 9.9, 40);
  const begun = kinds(actions, "bar");
  assert.equal(begun.length, 1 + REPEATS);
  for (let i = 1; i < begun.length; i += 1) {
    assert.ok(begun[i].bar.gain_db < begun[i - 1].bar.gain_db);
    assert.ok(Math.abs(begun[i].at - begun[i - 1].at - 2) < 1e-9);
  }
  assert.equal(kinds(actions, "dry").length, 1);
});

test("a bar that comes while the last one repeats takes over at its own place", () => {
  const scheduler = anchored(bar(0));
  const begun = kinds(run(scheduler, 9.9, 20, (now) => {
    if (now > 15 && now < 15.05) for (const number of [1, 2, 3, 4]) scheduler.offer(bar(number));
  }), "bar");
  const back = begun.find((one) => one.bar.bar > 0);
  assert.equal(back.bar.bar, 2);
  assert.ok(back.crossfade && back.at >= 15);
  const after = begun.filter((one) => one.bar.bar > 2);
  assert.ok(Math.abs(after[0].at - 16) < 1e-9, `bar 3 at ${after[0].at}`);
});

test("music comes back after it had faded for want of bars", () => {
  const scheduler = anchored(bar(0));
  run(scheduler, 9.9, 40);
  for (let number = 15; number < 20; number += 1) scheduler.offer(bar(number));
  const begun = kinds(run(scheduler, 41.1, 43.5), "bar");
  assert.deepEqual(begun.map((one) => one.bar.bar), [15, 16]);
});

test("nothing repeats after the end", () => {
  const scheduler = anchored(bar(0), bar(1), bar(2));
  scheduler.finish(4);
  const actions = run(scheduler, 9.9, 30);
  assert.deepEqual(kinds(actions, "bar").map((one) => one.bar.bar), [0, 1]);
  assert.equal(kinds(actions, "dry").length, 0);
});

test("a stalled page plays what is still worth playing and never a note in the past", () => {
  const scheduler = anchored(bar(0), bar(1), bar(2));
  scheduler.pump(9.9);
  const late = scheduler.pump(11.2);
  assert.ok(kinds(late, "note").every((note) => note.at >= 11.2));
  const begun = kinds(run(scheduler, 11.24, 14.5), "bar");
  assert.ok(Math.abs(begun[0].at - 12) < 1e-9);
});

test("the queue tells how much music is waiting", () => {
  const scheduler = anchored(bar(0), bar(1), bar(2));
  run(scheduler, 9.9, 11);
  assert.ok(Math.abs(scheduler.queued(11) - 5) < 1e-9);
  scheduler.clear();
  assert.equal(scheduler.queued(11), 0);
});

test("bars planned after one that is planned anew are void", () => {
  const scheduler = anchored(bar(0), bar(1), bar(2), bar(3));
  scheduler.pump(9.9);
  scheduler.offer(bar(1, { revision: 1, length_s: 2.4 }));
  scheduler.offer(bar(2, { revision: 1, start_s: 4.4 }));
  const begun = kinds(run(scheduler, 9.94, 16), "bar");
  assert.deepEqual(begun.map((one) => [one.bar.bar, one.repeat]), [[1, 0], [2, 0]]);
  assert.ok(Math.abs(begun[1].at - 14.4) < 1e-9);
});

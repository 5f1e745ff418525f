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

/** Bar 0 slower and softer from its third beat on: four beats of half a second, then two of 0.6. */
const turned = (more = {}) => bar(0, {
  revision: 1,
  length_s: 2.2,
  turns: [{ beat: 2, start_s: 1, gain_db: -12 }],
  notes: [0, 0.5, 1, 1.6].map((start_s, beat) => ({ ...bar(0).notes[beat], start_s })),
  ...more,
});

/** Play bars 0 and 1 and offer the turned bar 0, with a bar 1 to follow it, at audio time `when`. */
function turnedAt(when, revision = turned()) {
  const scheduler = anchored(bar(0), bar(1));
  return run(scheduler, 9.9, 13, (now) => {
    if (now < when || now >= when + 0.04) return;
    scheduler.offer(revision);
    scheduler.offer(bar(1, { revision: 1, start_s: 2.2 }));
  });
}

const onsets = (actions, until = 12) =>
  kinds(actions, "note").filter((note) => note.at < until).map((note) => [note.pitch, Number((note.at - 10).toFixed(3))]);

test("a bar turned while it sounds keeps what has sounded and goes on anew from its beat", () => {
  const actions = turnedAt(10.5);
  assert.deepEqual(onsets(actions), [[60, 0], [61, 0.5], [62, 1], [63, 1.6]]);
  const begun = kinds(actions, "bar");
  assert.deepEqual(begun.map((one) => one.bar.bar), [0, 1]);
  assert.equal(begun[0].crossfade, false);
  assert.ok(Math.abs(begun[1].at - 12.2) < 1e-9, `bar 1 at ${begun[1].at}`);
});

test("the loudness of a turned bar changes at its beat, not before", () => {
  const gains = kinds(turnedAt(10.5), "gain");
  assert.deepEqual(gains.map((gain) => [gain.gain_db, Number(gain.at.toFixed(3))]), [[-12, 11]]);
});

test("a turn that comes late doubles no note and loses none", () => {
  for (const when of [10.7, 10.9, 11.0, 11.3, 11.4, 11.6]) {
    const pitches = onsets(turnedAt(when)).map(([pitch]) => pitch);
    assert.deepEqual(pitches, [60, 61, 62, 63], `offered at ${when}`);
    assert.equal(kinds(turnedAt(when), "gain").length, 1);
  }
});

test("a bar turned to be faster brings its notes forward, each once", () => {
  const faster = turned({ length_s: 1.8, notes: [0, 0.5, 1, 1.4].map((start_s, beat) => ({ ...bar(0).notes[beat], start_s })) });
  for (const when of [10.5, 11, 11.2]) assert.deepEqual(onsets(turnedAt(when, faster), 11.8).length, 4, `offered at ${when}`);
});

test("a bar may be turned twice", () => {
  const scheduler = anchored(bar(0), bar(1));
  const again = turned({
    revision: 2,
    length_s: 2.4,
    turns: [...turned().turns, { beat: 3, start_s: 1.6, gain_db: -18 }],
  });
  const actions = run(scheduler, 9.9, 12, (now) => {
    if (now > 10.5 && now < 10.54) scheduler.offer(turned());
    if (now > 11.1 && now < 11.14) scheduler.offer(again);
  });
  assert.deepEqual(onsets(actions), [[60, 0], [61, 0.5], [62, 1], [63, 1.6]]);
  assert.deepEqual(kinds(actions, "gain").map((gain) => gain.gain_db), [-12, -18]);
});

test("a turned bar is joined, and repeated, as loud as it was turned to be", () => {
  const [joined] = kinds(run(anchored(turned()), 11.2, 11.3), "bar");
  assert.equal(joined.bar.gain_db, -12);
  const [first, again] = kinds(run(anchored(turned()), 9.9, 13), "bar");
  assert.equal(first.bar.gain_db, -6);
  assert.ok(again.repeat === 1 && again.bar.gain_db < -12);
  assert.equal(kinds(run(anchored(turned()), 9.9, 14.1), "note").length, 8);
});

test("a bar that was repeated is not turned under the listener", () => {
  const scheduler = anchored(bar(0));
  const actions = run(scheduler, 9.9, 13.7, (now) => {
    if (now > 12.5 && now < 12.54) scheduler.offer(turned());
  });
  assert.equal(kinds(actions, "note").length, 8);
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

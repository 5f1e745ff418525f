// What pages say of the person: where the estimate comes from, how it is told to themselves, and check-ins.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lastSaid, saidBy } from "../../therapy_app/web/frontend/console/checkin.js";
import { momentOf } from "../../therapy_app/web/frontend/console/moment.js";
import { about, shares } from "../../therapy_app/web/frontend/console/person.js";
import { stateOf } from "../../therapy_app/web/frontend/console/signals.js";
import { gently, sentence } from "../../therapy_app/web/frontend/console/words.js";

const entry = (seq, at_s, kind, body) => ({ seq, at_s, kind, body, follows: [] });
const started = entry(1, 0, "started", { prescription: { length_s: 600 }, baseline: null, estimator: "linear", weights: "1a2b3c4d" });
const reading = (value, reason = "") => ({ value, quality: 1, coverage: 1, window_s: 10, age_s: 0, reason });
const felt = (value) => ({ state: "known", arousal: { value, low: value - 0.4, high: value + 0.4 } });
const slider = (name, value, moved) => ({ name, value: String(value), dataset: { moved } });

test("where an estimate comes from: estimator, weights, delay, rest, what was said and learned", () => {
  const moment = momentOf([
    started,
    entry(2, 180, "baseline", { source: "measured", baseline: { medians: {} }, reason: "180 s of rest" }),
    entry(3, 190, "personal", { reason: "energy moved by +0.10; version 2, from earlier sessions" }),
    entry(4, 200, "check_in", { command: { name: "check_in" } }),
    entry(5, 380, "marker", { command: { text: "" } }),
  ]);
  assert.deepEqual(about(moment, 12), [
    "Estimated by ‘linear’, weights 1a2b3c4d; shown about 12 s late, to be steady.",
    "Compared with: rest measured, 180 s of rest.",
    "Mood comes from what the person says, not from the heart; last said 3 min ago.",
    "Learned of this person: energy moved by +0.10; version 2, from earlier sessions.",
  ]);
});

test("the shares add up to what is shown, smoothed or not", () => {
  const now = [{ words: "pulse 9 above your rest", amount: 0.3 }, { words: "skin conductance up", amount: 0.1 }];
  assert.deepEqual(shares(0.4, now), now);
  const smoothed = shares(0.25, now);
  assert.equal(smoothed.at(-1).words, "kept from the seconds before");
  assert.ok(Math.abs(smoothed.reduce((sum, { amount }) => sum + amount, 0) - 0.25) < 1e-9);
});

test("a refused rest is told with its reason, and asked for again until it is there", () => {
  const refused = entry(2, 180, "baseline", { source: "refused", baseline: null, reason: "the pulse fell by 20 a minute" });
  const asked = entry(3, 200, "override", { command: { name: "rest" } });
  const taken = entry(4, 380, "baseline", { source: "measured", baseline: { medians: {} }, reason: "180 s of rest" });
  assert.equal(sentence(refused), "Resting baseline: refused, the pulse fell by 20 a minute");
  assert.equal(momentOf([started, refused]).baseline, null);
  assert.equal(momentOf([started, refused, asked]).resting, true);
  assert.equal(momentOf([started, refused, asked, taken]).resting, false);
});

test("a signal without a number says which way it is missing", () => {
  assert.equal(stateOf(reading(null, "not worn"), false)[1], "not worn");
  assert.equal(stateOf(reading(null, "not used: a pacemaker or irregular heartbeat is noted"), false)[1], "not used");
  assert.equal(stateOf(reading(null, "collecting: 20 of 30 s"), false)[1], "collecting");
  assert.equal(stateOf(reading(null, "flat line"), false)[1], "lost");
});

test("the person themselves is told gently, and that it is estimated", () => {
  const readings = { hr_bpm: reading(71.4) };
  const match = { phase: "match" };
  const said = (affect) => gently({ readings, affect, phase: match, resting: false, ended: null });
  assert.match(said(felt(0.05)), /^Your pulse is felt, 71 a minute\. You seem about as calm as at rest\. That is estimated/);
  assert.match(said(felt(0.3)), /You seem perhaps a little livelier than at rest/);
  assert.match(said(felt(-0.6)), /You seem calmer than at rest/);
  assert.match(said({ state: "unknown", reason: "not worn" }), /can't be told yet; the music follows its plan\.$/);
  assert.match(gently({ readings, affect: null, phase: match, rest: { source: "refused" }, resting: false, ended: null }), /press ‘Rest again’/);
  assert.match(gently({ readings: {}, affect: null, phase: { phase: "baseline" }, resting: false, ended: null }), /^Sit comfortably/);
});

test("nothing is sent of a slider that was not moved", () => {
  assert.deepEqual(saidBy(slider("valence", 0.5, "yes"), slider("arousal", 0, "no"), "during"), { valence: 0.5, arousal: 0, when: "during", only: "valence" });
  assert.deepEqual(saidBy(slider("valence", 0.5, "yes"), slider("arousal", -0.2, "yes"), "during"), { valence: 0.5, arousal: -0.2, when: "during" });
});

test("after four minutes a word is quietly asked for again", () => {
  assert.deepEqual(lastSaid({ saidAtS: null, atS: 100, ended: null }), { words: "nothing said yet", due: false });
  assert.deepEqual(lastSaid({ saidAtS: null, atS: 240, ended: null }), { words: "nothing said yet", due: true });
  assert.deepEqual(lastSaid({ saidAtS: 100, atS: 130, ended: null }), { words: "said just now", due: false });
  assert.deepEqual(lastSaid({ saidAtS: 100, atS: 345, ended: null }), { words: "said 4 min ago; still so?", due: true });
});

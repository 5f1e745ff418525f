// One row a signal: quality before value, in a shape and a word; then the number, and its curve.
import { curve, feltCurve } from "./charts.js";
import { make, tell } from "./dom.js";
import { signed } from "./words.js";

const STALE_S = 5;
const GOOD = 0.7;

/** `span`: the least height of the curve in the signal's unit. `rest`: compared with the person's own rest. */
const ROWS = [
  { name: "Pulse", reading: "hr_bpm", unit: "a minute", digits: 0, span: 20, rest: true },
  { name: "HRV", title: "Heart rate variability, RMSSD", reading: "rmssd_ms", unit: "ms", digits: 0, span: 30, rest: true },
  { name: "Skin", title: "Skin conductance", reading: "eda_tonic_us", unit: "µS", digits: 1, span: 1, rest: true },
  { name: "EEG", title: "Alpha share of the brain waves", reading: "eeg_alpha", unit: "alpha", digits: 2, span: 0.3, rest: true },
  { name: "Movement", reading: "movement_g", unit: "g", digits: 2, span: 0.2, rest: false },
];

/** [shape, word, class] of a reading's state. */
export function stateOf(reading, late) {
  if (!reading) return ["○", "not worn", "lost"];
  if (reading.value === null) return ["○", "lost", "lost"];
  if (late || reading.age_s > STALE_S) return ["◐", "old", "stale"];
  return reading.quality >= GOOD ? ["●", "good", "good"] : ["◐", "weak", "weak"];
}

function comparison(row, reading, baseline) {
  const rest = baseline?.medians[row.reading];
  if (!row.rest || rest === undefined) return reading.window_s >= 30 ? `over ${reading.window_s.toFixed(0)} s` : "";
  const change = reading.value - rest;
  if (Math.abs(change) < 0.5 * 10 ** -row.digits) return "as at rest";
  return `${signed(change, row.digits).slice(1)} ${change > 0 ? "above" : "below"} rest`;
}

function rowElements(row) {
  const shape = make("span", { class: "shape", "aria-hidden": "true" }, "○");
  const word = make("span", {}, "waiting");
  const value = make("span", { class: "number" }, "–");
  const unit = make("span", { class: "unit" });
  const note = make("span", { class: "note-line" });
  const plot = make("div", { class: "curve", "aria-hidden": "true" });
  const name = make("span", { class: "name", ...(row.title ? { title: row.title } : {}) }, row.name);
  const head = make("div", { class: "reading" },
    make("div", { class: "line" }, name, make("span", { class: "quality" }, shape, word)),
    make("div", { class: "line" }, make("span", {}, value, unit), note));
  return { row: make("li", { class: "signal" }, head, plot), shape, word, value, unit, note, plot };
}

function show(elements, row, reading, late, baseline) {
  const [shape, word, look] = stateOf(reading, late);
  const known = reading?.value ?? null;
  elements.row.dataset.state = look;
  tell(elements.shape, shape);
  tell(elements.word, word);
  tell(elements.value, known === null ? "–" : known.toFixed(row.digits));
  tell(elements.unit, known === null ? "" : ` ${row.unit}`);
  tell(elements.note, known === null ? (reading?.reason ?? "") : comparison(row, reading, baseline));
}

function showFelt(elements, affect) {
  const known = affect?.state === "known";
  elements.row.dataset.state = known ? "good" : "lost";
  tell(elements.shape, known ? "◉" : "○");
  tell(elements.word, known ? "estimated" : "unknown");
  tell(elements.value, known ? signed(affect.arousal.value) : "–");
  const { low, high } = affect?.arousal ?? {};
  tell(elements.note, known ? `${signed(low)} to ${signed(high)}` : (affect?.reason ?? "no estimate yet"));
}

/** Builds the rows in `list`. Returns update(moment, late) and draw(traces). */
export function signals(list, range, here) {
  const rows = ROWS.map((row) => {
    const elements = rowElements(row);
    list.append(elements.row);
    return { row, elements, chart: curve(elements.plot, range, here, row.span) };
  });
  const felt = rowElements({ name: "Arousal", title: "Estimated arousal from calm (−1) to lively (+1)" });
  list.append(felt.row);
  const feltChart = feltCurve(felt.plot, range, here);

  return {
    update(moment, late) {
      for (const { row, elements } of rows) show(elements, row, moment.readings[row.reading], late, moment.baseline);
      showFelt(felt, moment.affect);
    },
    draw({ times, values }) {
      for (const { row, chart } of rows) chart.setData([times, values[row.reading]]);
      feltChart.setData([times, values.arousal, values.arousal_low, values.arousal_high, values.aim]);
    },
  };
}

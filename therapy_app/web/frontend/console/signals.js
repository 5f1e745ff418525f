// One row a signal: quality before value, in a shape and a word; then the number, and its curve.
import { curve, feltCurve } from "./charts.js";
import { make, tell } from "./dom.js";
import { signed } from "./words.js";

const STALE_S = 5;
const GOOD = 0.7;

/** Reasons for no number that are no loss. */
const WITHOUT = ["not worn", "not used", "collecting"];

const asPercent = (logShare) => 100 * Math.exp(logShare);
const asItIs = (value) => value;

/** `span`: the least height of the curve in the signal's unit. `rest`: compared with the person's own rest. */
const ROWS = [
  { name: "Pulse", reading: "hr_bpm", unit: "a minute", digits: 0, span: 20, rest: true },
  { name: "HRV", title: "Heart rate variability, RMSSD", reading: "rmssd_ms", unit: "ms", digits: 0, span: 30, rest: true },
  { name: "Skin", title: "Skin conductance", reading: "eda_tonic_us", unit: "µS", digits: 1, span: 1, rest: true },
  { name: "EEG", title: "Alpha share of the brain waves", reading: "eeg_alpha", unit: "% alpha", digits: 0, span: 30, rest: true, scale: asPercent },
  { name: "Movement", reading: "movement_g", unit: "g", digits: 2, span: 0.2, rest: false },
];

/** [shape, word, look] of a reading; `heard` when any sensor has been heard at all. */
export function stateOf(reading, late, heard = true) {
  if (!reading) return heard ? ["○", "not worn", "lost"] : ["○", "waiting", "lost"];
  if (reading.value === null) return ["○", WITHOUT.find((word) => reading.reason.startsWith(word)) ?? "lost", "lost"];
  if (late || reading.age_s > STALE_S) return ["◐", "old", "stale"];
  return reading.quality >= GOOD ? ["●", "good", "good"] : ["◐", "weak", "weak"];
}

function comparison(row, reading, baseline) {
  const rest = baseline?.medians[row.reading];
  if (!row.rest || rest === undefined) return reading.window_s >= 30 ? `over ${reading.window_s.toFixed(0)} s` : "";
  const scale = row.scale ?? asItIs;
  const change = scale(reading.value) - scale(rest);
  if (Math.abs(change) < 0.5 * 10 ** -row.digits) return "as at rest";
  return `${Math.abs(change).toFixed(row.digits)} ${change > 0 ? "above" : "below"} rest`;
}

function rowElements(row) {
  const shape = make("span", { class: "shape", "aria-hidden": "true" }, "○");
  const word = make("span", {}, "waiting");
  const value = make("span", { class: "number" }, "–");
  const unit = make("span", { class: "unit" });
  const note = make("span", { class: "note-line" });
  const plot = make("div", { class: "curve", "aria-hidden": "true" });
  const name = make("span", { class: "name", ...(row.title ? { title: row.title } : {}) }, row.name);
  const title = make("div", {}, name, make("span", { class: "quality" }, shape, word));
  const reading = make("div", { class: "reading" }, value, unit, note);
  return { row: make("li", { class: "signal" }, title, reading, plot), shape, word, value, unit, note, plot };
}

function show(elements, row, moment, late) {
  const reading = moment.readings[row.reading];
  const [shape, word, look] = stateOf(reading, late, moment.readAtS !== null);
  const known = reading?.value ?? null;
  elements.row.dataset.state = look;
  tell(elements.shape, shape);
  tell(elements.word, word);
  tell(elements.value, known === null ? "–" : (row.scale ?? asItIs)(known).toFixed(row.digits));
  tell(elements.unit, known === null ? "" : ` ${row.unit}`);
  tell(elements.note, known === null ? (reading?.reason ?? "") : comparison(row, reading, moment.baseline));
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

function scaled({ scale }, values) {
  return scale ? values.map((value) => (value === null ? null : scale(value))) : values;
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
      for (const { row, elements } of rows) show(elements, row, moment, late);
      showFelt(felt, moment.affect);
    },
    draw({ times, values }) {
      for (const { row, chart } of rows) chart.setData([times, scaled(row, values[row.reading])]);
      feltChart.setData([times, values.arousal, values.arousal_low, values.arousal_high, values.aim]);
    },
  };
}

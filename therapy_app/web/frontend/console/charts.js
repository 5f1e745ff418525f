// Curves on one time axis with one crosshair.
import uPlot from "uplot";
import { colour } from "./dom.js";
import { clock } from "./words.js";

export const WINDOW_S = 180;
const SYNC = "session";
/** Room for half a label of the time axis at both ends. */
const SIDE = 20;

const NO_AXIS = { show: false };
const FONT = '14px "Source Sans 3", sans-serif';

/** The second that is looked at, as an upright line. */
function drawHere(chart, atS) {
  if (atS === null) return;
  const { ctx, bbox } = chart;
  ctx.fillStyle = colour("accent");
  ctx.fillRect(chart.valToPos(atS, "x", true) - devicePixelRatio, bbox.top, 2 * devicePixelRatio, bbox.height);
}

function options(host, range, more) {
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, points: { show: false }, y: false },
    padding: [4, SIDE, 4, SIDE],
    ...more,
    scales: { x: { time: false, range: () => range() }, ...more.scales },
  };
}

function follows(host, chart) {
  new ResizeObserver(() => chart.setSize({ width: host.clientWidth, height: host.clientHeight })).observe(host);
  return chart;
}

/** At least `span` high, so that a resting signal's small changes do not look like storms. */
const atLeast = (span) => (_, low, high) => {
  if (low === null || high === null) return [0, span];
  const missing = Math.max(0, span - (high - low)) / 2;
  return [low - missing - span * 0.05, high + missing + span * 0.05];
};

/** One signal. `range()` gives the first and last second shown. */
export function curve(host, range, here, span) {
  const series = [{}, { stroke: () => colour("ink"), width: 1.5, points: { show: false } }];
  const scales = { y: { range: atLeast(span) } };
  const hooks = { draw: [(chart) => drawHere(chart, here())] };
  const made = options(host, range, { series, scales, hooks, axes: [NO_AXIS, NO_AXIS] });
  return follows(host, new uPlot(made, [[], []], host));
}

/** The estimated arousal with its interval, and the aim, dashed. */
export function feltCurve(host, range, here) {
  const hidden = { stroke: "transparent", width: 0, points: { show: false } };
  const series = [
    {},
    { stroke: () => colour("estimate"), width: 2, points: { show: false } },
    hidden,
    hidden,
    { stroke: () => colour("target"), width: 2, dash: [6, 5], points: { show: false } },
  ];
  const bands = [{ series: [3, 2], fill: () => `color-mix(in srgb, ${colour("estimate")} 22%, transparent)` }];
  const scales = { y: { range: [-1, 1] } };
  const hooks = { draw: [(chart) => drawHere(chart, here())] };
  const made = options(host, range, { series, bands, scales, hooks, axes: [NO_AXIS, NO_AXIS] });
  return follows(host, new uPlot(made, [[], [], [], [], []], host));
}

/** The axis itself, with acts on it and the phases under it. `marks()` gives {acts, phases, here}; acts and phases as {atS, words}. */
export function timeAxis(host, range, marks) {
  const axis = {
    stroke: () => colour("muted"),
    font: FONT,
    size: 24,
    space: 90,
    incrs: [5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800],
    values: (_, seconds) => seconds.map(clock),
    grid: { show: false },
    ticks: { stroke: () => colour("line"), size: 5 },
  };
  const draw = (chart) => drawMarks(chart, marks());
  const made = options(host, range, {
    series: [{}, { show: true, points: { show: false } }],
    scales: { y: { range: [0, 1] } },
    axes: [axis, NO_AXIS],
    padding: [0, SIDE, 0, SIDE],
    hooks: { draw: [draw] },
  });
  return follows(host, new uPlot(made, [[], []], host));
}

function drawMarks(chart, { acts, phases, here }) {
  const { ctx, bbox } = chart;
  const x = (atS) => chart.valToPos(atS, "x", true);
  const [from, to] = [chart.scales.x.min, chart.scales.x.max];
  ctx.save();
  ctx.font = FONT.replace("14px", `${14 * devicePixelRatio}px`);
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  phases.forEach((phase, i) => drawPhase(ctx, bbox, x, [from, to], phase, phases[i + 1]));
  ctx.fillStyle = colour("accent");
  for (const act of acts.filter(({ atS }) => atS >= from && atS <= to)) drawAct(ctx, bbox, x(act.atS));
  drawHere(chart, here);
  ctx.restore();
}

function drawPhase(ctx, bbox, x, [from, to], phase, next) {
  if (phase.atS > to || (next && next.atS <= from)) return;
  const left = Math.max(x(phase.atS), bbox.left);
  ctx.fillStyle = colour("line");
  ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
  ctx.fillStyle = colour("muted");
  const room = (next ? Math.min(x(next.atS), bbox.left + bbox.width) : bbox.left + bbox.width) - left;
  if (ctx.measureText(phase.words).width + 12 < room) ctx.fillText(phase.words, left + 6 * devicePixelRatio, bbox.top + 2);
}

/** A small flag on the axis. */
function drawAct(ctx, bbox, x) {
  const unit = devicePixelRatio;
  const foot = bbox.top + bbox.height;
  ctx.beginPath();
  ctx.moveTo(x - 5 * unit, foot - 10 * unit);
  ctx.lineTo(x + 5 * unit, foot - 10 * unit);
  ctx.lineTo(x, foot);
  ctx.fill();
}

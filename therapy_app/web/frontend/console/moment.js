// What is so at one moment of a session: a fold over its log. Pure.

export const BEGINNING = Object.freeze({
  atS: 0,
  lengthS: null,
  phase: null,
  baseline: null,
  rest: null,
  resting: false,
  estimator: null,
  learned: null,
  saidAtS: null,
  readings: {},
  readAtS: null,
  affect: null,
  target: null,
  suggestion: null,
  plans: new Map(),
  bars: new Map(),
  alarms: new Map(),
  phone: null,
  held: false,
  silenced: null,
  ended: null,
});

const FOLDS = {
  started: (now, { body }) => ({
    ...now,
    lengthS: body.prescription.length_s,
    baseline: body.baseline,
    estimator: { name: body.estimator, weights: body.weights ?? "" },
  }),
  sensor: (now, { body }) => (body.status.device.startsWith("ws") ? { ...now, phone: body.status } : now),
  phase: (now, { body }) => ({ ...now, phase: body }),
  baseline: (now, { body }) => ({ ...now, baseline: body.baseline, rest: body, resting: false }),
  personal: (now, { body }) => ({ ...now, learned: body.reason }),
  check_in: (now, { at_s }) => ({ ...now, saidAtS: at_s }),
  features: (now, { at_s, body }) => ({ ...now, readings: body.readings, readAtS: at_s }),
  affect: (now, { body }) => ({ ...now, affect: body.affect }),
  target: (now, entry) => ({ ...now, target: entry }),
  suggestion: (now, entry) => ({ ...now, suggestion: entry }),
  plan: (now, entry) => ({ ...now, plans: revised(now.plans, entry.body.plan.bar, entry) }),
  bar: (now, entry) => ({ ...now, silenced: null, bars: revised(now.bars, entry.body.bar.bar, entry) }),
  override: (now, { body }) => OVERRIDES[body.command.name]?.(now) ?? now,
  alarm: (now, entry) => ({ ...now, alarms: with_(now.alarms, entry.body.code, entry) }),
  alarm_cleared: (now, { body }) => ({ ...now, alarms: without(now.alarms, body.code) }),
  silenced: (now, entry) => ({ ...now, silenced: entry }),
  ended: (now, entry) => ({ ...now, ended: entry }),
};

const OVERRIDES = {
  hold: (now) => ({ ...now, held: true }),
  release: (now) => ({ ...now, held: false }),
  resume: (now) => ({ ...now, silenced: null }),
  accept: (now) => ({ ...now, suggestion: null }),
  rest: (now) => ({ ...now, resting: true }),
};

/** The moment after one more event. The maps are shared along the way: only the newest moment may be read. */
export function after(moment, entry) {
  const fold = FOLDS[entry.kind];
  return { ...(fold ? fold(moment, entry) : moment), atS: entry.at_s };
}

export function momentOf(entries) {
  const start = { ...BEGINNING, plans: new Map(), bars: new Map(), alarms: new Map() };
  return entries.reduce(after, start);
}

/** The entry of the bar that sounds at session time `atS`, among plans or performed bars; the last begun if none does. */
export function begun(entries, atS, startOf) {
  let found = null;
  for (const entry of entries.values()) {
    const start = startOf(entry.body);
    if (start <= atS && (!found || start > startOf(found.body))) found = entry;
  }
  return found;
}

export const planStart = (body) => body.start_s;
export const barStart = (body) => body.bar.start_s;

/** A new revision of a bar makes the bars planned after the old one void. */
function revised(map, number, entry) {
  if (map.has(number)) for (const other of map.keys()) if (other > number) map.delete(other);
  return map.set(number, entry);
}

const with_ = (map, key, value) => map.set(key, value);

function without(map, key) {
  map.delete(key);
  return map;
}

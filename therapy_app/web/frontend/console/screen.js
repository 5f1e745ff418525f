// The one screen of a session, live or looked back at: everything that shows a moment.
import { banner } from "./banner.js";
import { timeAxis } from "./charts.js";
import { byId, make, tell } from "./dom.js";
import { music } from "./music.js";
import { person } from "./person.js";
import { plane } from "./plane.js";
import { signals } from "./signals.js";
import { Traces } from "./traces.js";
import { clock, gently, ON_AXIS, PHASES, sentence } from "./words.js";

const MOST_ACTS = 200;

/** `range()` gives the seconds shown; `here()` the second that is looked at, or null when it is the newest. */
export function screen(log, range, here) {
  const traces = new Traces();
  const acts = [];
  const phases = [];
  const list = byId("acts");
  const axis = timeAxis(byId("axis"), range, () => ({ acts, phases, here: here() }));
  const rows = signals(byId("signals"), range, here);
  const top = banner();
  const shown = [
    person(byId("made-of"), byId("session").dataset.delay),
    ...(byId("gently") ? [(moment) => tell(byId("gently"), gently(moment))] : []),
    plane(byId("plane"), { estimate: byId("estimate"), target: byId("target"), path: byId("path") }),
    music(
      {
        now: byId("now"), next: byId("next"), canvas: byId("roll"),
        reason: byId("reason"), chain: byId("chain"), cues: byId("cues"),
      },
      (seq) => log.causes(seq),
      byId("session").dataset.bars,
    ),
  ];

  function mark(entry) {
    acts.push({ atS: entry.at_s, words: sentence(entry) });
    if (list.children.length < MOST_ACTS) list.append(make("li", {}, make("time", {}, clock(entry.at_s)), sentence(entry)));
  }

  return {
    link: top.link,
    take(entry) {
      traces.take(entry);
      if (ON_AXIS.includes(entry.kind)) mark(entry);
      if (entry.kind === "phase") phases.push({ atS: entry.at_s, words: PHASES[entry.body.phase] ?? entry.body.phase });
    },
    update(moment, atS, late) {
      top.update(moment, atS);
      rows.update(moment, late);
      for (const update of shown) update(moment, atS);
    },
    draw() {
      rows.draw(traces);
      axis.setData([traces.times, traces.times.map(() => null)]);
    },
  };
}

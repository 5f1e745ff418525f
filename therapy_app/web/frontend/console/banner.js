// Who, phase, time, link and alarms at one place that never scrolls away.
import { byId, make, tell } from "./dom.js";
import { LINK } from "./stream.js";
import { clock, PHASES } from "./words.js";

const LEVELS = { notice: "○", warning: "◐", urgent: "●" };
/** The banner has room for this many; the gravest are shown. */
const SHOWN = 2;

function gravest(alarms) {
  const grave = Object.keys(LEVELS);
  const rank = (entry) => grave.indexOf(entry.body.level);
  return [...alarms.values()].sort((one, other) => rank(other) - rank(one) || other.seq - one.seq).slice(0, SHOWN);
}

export function banner() {
  const parts = Object.fromEntries(["phase", "time", "link", "link-shape", "alarms"].map((id) => [id, byId(id)]));
  const shown = new Map();

  function alarm(entry) {
    const { level, words } = entry.body;
    const element = make("p", { class: `alarm ${level}`, role: level === "urgent" ? "alert" : "status" });
    parts.alarms.append(element);
    element.append(make("span", { "aria-hidden": "true" }, `${LEVELS[level] ?? "○"} `), words);
    return element;
  }

  function alarms(current) {
    const due = gravest(current);
    for (const [seq, element] of shown) {
      if (due.some((entry) => entry.seq === seq)) continue;
      element.remove();
      shown.delete(seq);
    }
    for (const entry of due) if (!shown.has(entry.seq)) shown.set(entry.seq, alarm(entry));
  }

  return {
    link(state) {
      const [shape, words] = LINK[state];
      tell(parts["link-shape"], shape);
      tell(parts.link, words);
      parts.link.parentElement.dataset.state = state;
    },
    update(moment, atS) {
      const { ended, phase, lengthS } = moment;
      tell(parts.phase, ended ? "Ended" : phase ? (PHASES[phase.phase] ?? phase.phase) : "Waiting");
      tell(parts.time, lengthS ? `${clock(atS)} of ${clock(lengthS)}` : clock(atS));
      alarms(ended ? new Map() : moment.alarms);
    },
  };
}

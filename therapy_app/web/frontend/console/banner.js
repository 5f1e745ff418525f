// Who, phase, time, link and alarms at one place that never scrolls away.
import { byId, make, tell } from "./dom.js";
import { LINK } from "./stream.js";
import { clock, PHASES } from "./words.js";

const LEVELS = { notice: "○", warning: "◐", urgent: "●" };

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
    for (const [seq, element] of shown) {
      if (![...current.values()].some((entry) => entry.seq === seq)) {
        element.remove();
        shown.delete(seq);
      }
    }
    for (const entry of current.values()) if (!shown.has(entry.seq)) shown.set(entry.seq, alarm(entry));
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

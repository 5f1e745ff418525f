// What sounds now and what comes next, in words and as a roll; and why.
import { make, tell } from "./dom.js";
import { explanation } from "./explanation.js";
import { barStart, begun, planStart } from "./moment.js";
import { roll } from "./roll.js";
import { accidentals, clock, instruments, sentence } from "./words.js";

const TREATMENTS = {
  state: "first heard", return: "comes back", vary: "varied", develop: "developed", free: "free melody",
};

function barWords(plan, programs) {
  const chords = plan.chords.map((chord) => accidentals(chord.numeral)).join(" ");
  const theme = plan.treatment === "free" || !plan.theme ? "free melody" : `theme ${plan.theme}, ${TREATMENTS[plan.treatment] ?? plan.treatment}`;
  return [`${accidentals(plan.tonic)} ${plan.mode}`, `${Math.round(plan.tempo_bpm)} bpm`, chords, theme, programs && instruments(programs)]
    .filter(Boolean)
    .join(" · ");
}

/** elements: {now, next, canvas, reason, chain, cues}. `causes(seq)` gives the entries behind one; `bars` is the
 * address of the session's bars. */
export function music({ now, next, canvas, reason, chain, cues }, causes, bars) {
  const draw = roll(canvas);
  const measured = explanation(cues, bars);
  let explained = null;

  function explain(plan) {
    if (!plan || plan.seq === explained) return;
    explained = plan.seq;
    tell(reason, plan.body.reason);
    chain.replaceChildren(
      ...causes(plan.seq).slice(1).map((entry) => make("li", {}, make("time", {}, clock(entry.at_s)), sentence(entry))),
    );
  }

  return function update(moment, atS) {
    const entry = begun(moment.bars, atS, barStart);
    const bar = entry?.body.bar ?? null;
    const sounding = bar && atS < bar.start_s + bar.length_s && !moment.silenced && !moment.ended ? bar : null;
    const following = bar ? (moment.bars.get(bar.bar + 1)?.body.bar ?? null) : null;
    const plan = begun(moment.plans, atS, planStart);
    const upcoming = plan && moment.plans.get(plan.body.plan.bar + 1);
    tell(now, sounding && plan ? barWords(plan.body.plan, sounding.programs) : "no music at this moment");
    tell(next, upcoming && !moment.ended ? barWords(upcoming.body.plan, following?.programs) : "–");
    explain(plan);
    if (bar) measured(bar.bar, moment.bars.get(bar.bar + 1)?.seq ?? entry.seq);
    draw({ now: sounding, next: sounding && following, positionS: sounding && atS - sounding.start_s });
  };
}

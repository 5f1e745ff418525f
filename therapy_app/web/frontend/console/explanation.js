// What each cue adds to the valence and arousal that a bar measures, as a table under the reason.
import { make } from "./dom.js";
import { place, signed } from "./words.js";

/** Places that are passed faster than this, as a scrub bar does, are not asked for. */
const STAY_MS = 200;

const UNKNOWN = "What is measured in this bar can't be told right now.";
const DIGITS = { onset_density: 1, legato: 2, pitch: 1, majorness: 2, dissonance: 2, key_clarity: 2 };

/** Fills `box`, which stands in a details element, while that is open. `show(bar, newest)`: a bar's number and the seq
 * of the newest event that its measures depend on. */
export function explanation(box, address) {
  const details = box.closest("details");
  let looked = null;
  let asked = null;
  let waiting = null;

  async function ask({ bar, newest }) {
    const answer = await fetch(`${address}/${bar}/explanation`).catch(() => null);
    const said = answer?.ok ? tableOf(await answer.json()) : [make("p", { class: "muted" }, UNKNOWN)];
    if (asked === newest) box.replaceChildren(...said);
  }

  function look() {
    if (!details.open || looked === null || looked.newest === asked) return;
    asked = looked.newest;
    clearTimeout(waiting);
    waiting = setTimeout(ask, STAY_MS, looked);
  }

  details.addEventListener("toggle", look);
  return function show(bar, newest) {
    looked = { bar, newest };
    look();
  };
}

/** The elements for what the server says of a bar. */
function tableOf({ bar, aim, valence, arousal, contributions }) {
  if (!contributions.length) return [make("p", { class: "muted" }, "No pitched note sounds in this bar.")];
  const sums = [["Sum", arousal, valence], ["Aim", aim.arousal, aim.valence]];
  return [
    make(
      "table",
      {},
      make("caption", {}, `Bar ${bar} sounds ${place({ valence, arousal })}; it was to sound ${place(aim)}.`),
      make("thead", {}, make("tr", {}, ...["Measured in the music", "Energy", "Mood"].map(head))),
      make("tbody", {}, ...contributions.map(row)),
      make("tfoot", {}, ...sums.map(([words, ...values]) => make("tr", {}, make("th", { scope: "row" }, words), ...values.map(number)))),
    ),
  ];
}

const head = (words, column) => make("th", { scope: "col", ...(column && { class: "number" }) }, words);
const number = (value) => make("td", { class: "number" }, signed(value, 2));

function row(part) {
  const { words, about } = cueWords(part);
  const name = make("th", { scope: "row" }, words, make("span", { class: "muted about" }, about));
  return make("tr", {}, name, number(part.arousal), number(part.valence));
}

/** {words: 'More notes a second than usual', about: '3.1 a second, usually 2.1'} */
export function cueWords({ cue, difference, value, usual, unit }) {
  const told = (amount) => amount.toFixed(DIGITS[cue] ?? 0).replace("-", "−");
  const words = difference.charAt(0).toUpperCase() + difference.slice(1);
  return { words, about: `${told(value)} ${unit}, usually ${told(usual)}` };
}

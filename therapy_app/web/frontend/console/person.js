// What the estimate of the person is made of: each reading's share in words, and what it is compared with.
import { make } from "./dom.js";
import { place, signed } from "./words.js";

/** Fills `box`, which stands in a details element, while that is open. `delayS`: how late a change is shown. */
export function person(box, delayS) {
  const details = box.closest("details");
  let moment = null;
  let shown = null;

  function show() {
    if (!details.open || !moment || shown === moment.affect) return;
    shown = moment.affect;
    box.replaceChildren(...elements(moment, delayS));
  }

  details.addEventListener("toggle", show);
  return function update(now) {
    moment = now;
    show();
  };
}

function elements(moment, delayS) {
  const { affect } = moment;
  const notes = make("ul", {}, ...about(moment, delayS).map((words) => make("li", {}, words)));
  if (!affect) return [make("p", { class: "muted" }, "Nothing has been estimated yet.")];
  if (affect.state === "unknown") return [make("p", {}, `Estimate unknown, because: ${affect.reason}.`), notes];
  return [table(affect), notes];
}

function table({ arousal, valence, contributions }) {
  const caption = `The person seems ${place({ valence: valence.value, arousal: arousal.value })}. This is estimated.`;
  const head = make("tr", {}, make("th", { scope: "col" }, "Seen in the person"), make("th", { scope: "col", class: "number" }, "Energy"));
  const rows = shares(arousal.value, contributions).map(({ words, amount }) =>
    make("tr", {}, make("th", { scope: "row" }, words), make("td", { class: "number" }, signed(amount, 2))),
  );
  const interval = `Sum; for nine of ten people between ${signed(arousal.low)} and ${signed(arousal.high)}`;
  const sum = make("tr", {}, make("th", { scope: "row" }, interval), make("td", { class: "number" }, signed(arousal.value, 2)));
  return make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...rows), make("tfoot", {}, sum));
}

/** What adds up to the arousal that is shown: the readings of this second, and what smoothing keeps of those before. */
export function shares(shown, contributions) {
  const before = shown - contributions.reduce((sum, { amount }) => sum + amount, 0);
  const kept = Math.abs(before) >= 0.005 ? [{ words: "kept from the seconds before", amount: before }] : [];
  return [...contributions, ...kept];
}

/** Sentences about where the estimate comes from. */
export function about({ estimator, rest, learned, saidAtS, atS }, delayS) {
  const minutes = saidAtS === null ? null : Math.round((atS - saidAtS) / 60);
  const said = { null: "nothing was said in this session yet", 0: "last said less than a minute ago" }[minutes] ?? `last said ${minutes} min ago`;
  return [
    estimator && `Estimated by ‘${estimator.name}’${estimator.weights ? `, weights ${estimator.weights}` : ""}; shown about ${delayS} s late, to be steady.`,
    rest ? `Compared with: rest ${rest.source}, ${rest.reason}.` : "Rest has not been measured yet.",
    `Mood comes from what the person says, not from the heart; ${said}.`,
    learned && `Learned of this person: ${learned}.`,
  ].filter(Boolean);
}

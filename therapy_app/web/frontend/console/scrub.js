// The scrub bar over a finished session. Where it stands is kept in the address, so that a place can be shared.
import { clock } from "./words.js";

const KEEP_S = 0.3;

/** Begins at the place in the address, or at the end. `move(atS)` is told of every place that a person chose. */
export function scrub({ slider, out }, lengthS, move) {
  let keep = null;
  const asked = Number(new URLSearchParams(location.search).get("at") ?? lengthS);

  function show(atS) {
    slider.value = atS;
    slider.setAttribute("aria-valuetext", `${clock(atS)} of ${clock(lengthS)}`);
    out.textContent = clock(atS);
    clearTimeout(keep);
    keep = setTimeout(() => history.replaceState(null, "", `?at=${Math.round(atS)}`), KEEP_S * 1000);
  }

  slider.max = Math.ceil(lengthS);
  slider.addEventListener("input", () => {
    show(Number(slider.value));
    move(Number(slider.value));
  });
  show(Number.isFinite(asked) ? Math.min(Math.max(0, asked), lengthS) : 0);
  return { show, at: () => Number(slider.value) };
}

// How the person says they feel: two sliders with words at their ends. Nothing is sent of one that was not moved.
import { byId, tell } from "./dom.js";

const WORDS = { pre: "before", during: "now", post: "after" };
/** Valence is known from what was said, and that fades: after this long it is quietly asked for again. */
const DUE_S = 240;

export function whenOf(now) {
  if (now.ended || now.phase?.phase === "fade") return "post";
  return now.phase === null || now.phase.phase === "baseline" ? "pre" : "during";
}

/** What is said of the last time, and whether it is time again. */
export function lastSaid({ saidAtS, atS, ended }) {
  if (saidAtS === null) return { words: "nothing said yet", due: !ended && atS >= DUE_S };
  const minutes = Math.floor((atS - saidAtS) / 60);
  const due = !ended && atS - saidAtS >= DUE_S;
  return { words: minutes ? `said ${minutes} min ago${due ? "; still so?" : ""}` : "said just now", due };
}

/** The fields of a check-in; `only` where just one slider was moved. */
export function saidBy(valence, arousal, when) {
  const moved = [valence, arousal].filter((slider) => slider.dataset.moved === "yes");
  const said = { valence: Number(valence.value), arousal: Number(arousal.value), when };
  return moved.length === 1 ? { ...said, only: moved[0].name } : said;
}

export function checkIn(form, heard, send) {
  const { valence, arousal } = form.elements;
  let when = "pre";

  function reset() {
    for (const slider of [valence, arousal]) {
      slider.value = 0;
      slider.dataset.moved = "no";
    }
    form.elements.note_it.disabled = true;
  }

  form.addEventListener("input", (event) => {
    event.target.dataset.moved = "yes";
    form.elements.note_it.disabled = false;
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = saidBy(valence, arousal, when);
    tell(heard, "Noting it down…");
    const { ok, words } = await send("check_in", said);
    tell(heard, ok ? `Noted (${WORDS[said.when]})` : `Not noted: ${words}. Please try again`);
    if (ok) reset();
  });

  reset();
  return function update(now) {
    when = whenOf(now);
    tell(form.elements.note_it, `Note it, ${WORDS[when]}`);
    const { words, due } = lastSaid(now);
    tell(byId("last-said"), words);
    form.dataset.due = due ? "yes" : "no";
  };
}

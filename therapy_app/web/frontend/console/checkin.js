// How the person says they feel: two sliders with words at their ends. Nothing is sent before one was moved.
import { tell } from "./dom.js";

const WORDS = { pre: "before", during: "now", post: "after" };

export function whenOf(now) {
  if (now.ended || now.phase?.phase === "fade") return "post";
  return now.phase === null || now.phase.phase === "baseline" ? "pre" : "during";
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
    const said = { valence: Number(valence.value), arousal: Number(arousal.value), when };
    tell(heard, "Noting it down…");
    const { ok, words } = await send("check_in", said);
    tell(heard, ok ? `Noted (${WORDS[said.when]})` : `Not noted: ${words}. Please try again`);
    if (ok) reset();
  });

  reset();
  return function update(now) {
    when = whenOf(now);
    tell(form.elements.note_it, `Note it, ${WORDS[when]}`);
  };
}

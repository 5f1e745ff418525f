// The therapist's acts. Every button says at once that it was heard; the log says what it did.
import { tell } from "./dom.js";

const ACTS = {
  "nudge-lively": ["nudge", { valence: 0, arousal: 0.2 }],
  "nudge-calm": ["nudge", { valence: 0, arousal: -0.2 }],
  "nudge-good": ["nudge", { valence: 0.2, arousal: 0 }],
  "nudge-low": ["nudge", { valence: -0.2, arousal: 0 }],
  softer: ["loudness", { loudness_db: -3 }],
  louder: ["loudness", { loudness_db: 2 }],
  skip: ["skip"],
  accept: ["accept"],
  mark: ["mark"],
  worse: ["worse"],
  rest: ["rest"],
};

/** `send(name, fields)` → {ok, words}; `form` holds the buttons by name, `heard` the line that answers. */
export function controls(form, heard, send) {
  let moment = null;

  async function act(label, name, fields) {
    tell(heard, `${label}: asked`);
    const { ok, words } = await send(name, fields);
    tell(heard, ok ? `${label}: taken` : `${label} did not reach the session: ${words}. Please try again`);
  }

  const TOGGLES = {
    hold: () => (moment?.held ? "release" : "hold"),
    silence: () => (moment?.silenced ? "resume" : "silence"),
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter;
    const label = pressed.dataset.words ?? pressed.textContent.trim();
    if (TOGGLES[pressed.name]) act(label, TOGGLES[pressed.name]());
    else act(label, ...ACTS[pressed.name]);
  });

  return function update(now) {
    moment = now;
    const { hold, silence, accept, rest } = form.elements;
    for (const element of form.elements) element.disabled = Boolean(now.ended);
    restAgain(rest, now, Boolean(hold));
    if (!hold) return;
    toggle(hold, now.held, "Release", "Hold");
    toggle(silence, Boolean(now.silenced), "Resume", "Silence");
    accept.disabled = !now.suggestion || Boolean(now.ended);
    accept.title = now.suggestion ? now.suggestion.body.reason : "Nothing is suggested now";
  };
}

/** Staff may ask at any time after the first rest; a client is offered it while there is none to compare with. */
function restAgain(button, now, always) {
  const measuring = now.resting || now.phase === null || now.phase.phase === "baseline";
  tell(button, now.resting ? "Measuring rest" : "Rest again");
  button.disabled = measuring || Boolean(now.ended);
  button.hidden = !always && (Boolean(now.baseline) || (measuring && !now.resting));
}

function toggle(button, on, wordsOn, wordsOff) {
  tell(button, on ? wordsOn : wordsOff);
  button.setAttribute("aria-pressed", String(on));
}

// A session that goes on: the stream feeds the screen and the music, people steer.
import { SessionClock } from "../sound/clock.js";
import { LiveMusic } from "../sound/live.js";
import { WINDOW_S } from "./charts.js";
import { checkIn } from "./checkin.js";
import { controls } from "./controls.js";
import { byId, tell } from "./dom.js";
import { Log } from "./log.js";
import { after, momentOf } from "./moment.js";
import { screen } from "./screen.js";
import { strap } from "./strap.js";
import { follow, QUIET_S } from "./stream.js";

const REFRESH_MS = 250;
const AGAIN_MS = 1000;

export function live({ page, local, context, makePlayer, send }) {
  const log = new Log();
  const clock = new SessionClock();
  let moment = momentOf([]);
  let fresh = true;

  const atS = () => moment.ended?.at_s ?? (clock.known ? Math.max(0, clock.now(local())) : 0);
  const range = () => [Math.max(0, atS() - WINDOW_S), Math.max(WINDOW_S, atS())];
  const view = screen(log, range, () => null);
  const music = new LiveMusic({ makePlayer, clock, local, show: soundShown });
  const heard = byId("heard");
  const updates = [...steering(heard, send), strap(page.events)];

  function take(entry) {
    if (!log.add(entry)) return;
    clock.observe(entry.at_s, local());
    music.take(entry);
    moment = after(moment, entry);
    view.take(entry);
    fresh = true;
    if (entry.kind === "ended") over();
  }

  function show() {
    const late = moment.readAtS !== null && !moment.ended && atS() - moment.readAtS > QUIET_S;
    view.update(moment, atS(), late);
    if (!fresh) return;
    for (const update of updates) update(moment);
    view.draw();
    fresh = false;
  }

  function over() {
    byId("stop").disabled = true;
    byId("look-back").hidden = false;
  }

  follow(page.events, { after: () => log.lastSeq, take, link: view.link, over });
  setInterval(show, REFRESH_MS);
  stopsBy(byId("stop"), () => stop(music, send, heard));
  joinsBy(byId("join"), music, context);
  return { music, log };
}

/** What this account may press, by what the page holds. */
function steering(heard, send) {
  const parts = [[controls, byId("controls")], [checkIn, byId("check-in")]];
  return parts.filter(([, form]) => form).map(([build, form]) => build(form, heard, send));
}

function soundShown(state, words) {
  const line = byId("sound");
  line.dataset.state = state;
  tell(line, words);
  byId("join").hidden = state !== "off";
}

function stopsBy(button, act) {
  button.addEventListener("click", act);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.repeat && !button.disabled) act();
  }, { capture: true });
}

/** Silent here first; then the session is told, again and again until it has heard. */
async function stop(music, send, heard) {
  music.stop();
  byId("stop").disabled = true;
  tell(heard, "Stopped here. Telling the session…");
  for (;;) {
    const { ok, words } = await send("stop");
    if (ok) return tell(heard, "Stopped");
    tell(heard, `Silent here, but the session was not stopped: ${words}`);
    if (words !== "the server can't be reached") return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Where the browser lets a page sound by itself it does; otherwise the button asks for a press. */
function joinsBy(button, music, context) {
  button.addEventListener("click", () => music.join());
  context.addEventListener("statechange", () => {
    button.hidden = context.state === "running";
  });
  if (context.state === "running") music.join();
  else soundShown("off", "Sound is off in this page");
}

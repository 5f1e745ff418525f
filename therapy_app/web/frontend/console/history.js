// A session that is over: the same screen with a scrub bar, and its music from any place.
import { ReplayedMusic } from "../sound/replay.js";
import { byId, onLook, tell } from "./dom.js";
import { Log } from "./log.js";
import { momentOf } from "./moment.js";
import { screen } from "./screen.js";
import { scrub } from "./scrub.js";
import { wholeLog } from "./stream.js";

const REFRESH_MS = 250;

export function lookBack({ page, local, makePlayer }) {
  const log = new Log();
  const play = byId("play");
  let bar = null;
  const view = screen(log, () => [0, Math.max(1, log.lengthS)], () => bar?.at() ?? null);
  const music = new ReplayedMusic({ makePlayer, local, show: (state, words) => tell(byId("sound"), words) });

  function take(entry) {
    if (!log.add(entry)) return;
    view.take(entry);
    if (entry.kind === "bar") music.offer(entry.body.bar);
  }

  function show() {
    view.update(momentOf(log.until(bar.at())), bar.at(), false);
    view.draw();
  }

  function move(atS) {
    music.seek(atS);
    show();
  }

  async function toggle() {
    if (music.running) music.pause();
    else await music.play(bar.at() < log.lengthS - 1 ? bar.at() : 0);
    tell(play, music.running ? "Pause" : "Play from here");
  }

  function follow() {
    if (!music.running) return;
    const at = music.at();
    bar.show(Math.min(at, log.lengthS));
    if (at >= log.lengthS) toggle();
    show();
  }

  async function open() {
    view.link("connecting");
    await wholeLog(page.log, take);
    view.link("over");
    bar = scrub({ slider: byId("scrub"), out: byId("scrub-at") }, log.lengthS, move);
    show();
    play.disabled = false;
    setInterval(follow, REFRESH_MS);
    onLook(show);
  }

  play.addEventListener("click", toggle);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && music.running) toggle();
  });
  open().catch((problem) => tell(byId("link"), problem.message));
  return { music, log };
}

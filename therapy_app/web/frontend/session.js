// The page of one session: puts sound and console together, live or looked back at.
import "uplot/dist/uPlot.min.css";
import { commander } from "./console/commands.js";
import { byId } from "./console/dom.js";
import { lookBack } from "./console/history.js";
import { live } from "./console/live.js";
import { Output } from "./sound/output.js";
import { Player } from "./sound/player.js";

const page = byId("session").dataset;
const token = document.querySelector('meta[name="csrf-token"]').content;
const local = () => performance.now() / 1000;
const context = new AudioContext({ latencyHint: "balanced" });

async function openOutput() {
  await context.resume();
  return Output.open(context, { synth: page.synth, onset: page.onset, soundfont: page.soundfont });
}

const tools = {
  page,
  local,
  context,
  makePlayer: (say, repeats) => new Player({ open: openOutput, say, repeats }),
  send: commander(page.commands, token),
};
const { music, log } = page.live === "yes" ? live(tools) : lookBack(tools);
const ticker = new Worker(page.ticker);
ticker.onmessage = () => music.pump();

/** For tests and support: what this page's sound does, in numbers. */
window.therapy = {
  level: () => music.player.output?.rms() ?? 0,
  queue: () => music.player.queued(),
  lag: () => music.player.output?.lag_s ?? null,
  playing: () => music.player.playing(),
  seen: () => ({ events: log.entries.length, last: log.lastSeq }),
};

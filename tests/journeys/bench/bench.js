// A page that plays given bars through the product's own player and records what would reach the ear.
import { Output } from "../../../therapy_app/web/frontend/sound/output.js";
import { Player } from "../../../therapy_app/web/frontend/sound/player.js";

const urls = { synth: "synth.js", onset: "onset.js", soundfont: "calm_stereo.sf3" };
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Opens a player with a recorder behind its gate. */
async function stage() {
  const context = new AudioContext();
  await context.resume();
  await context.audioWorklet.addModule("recorder.js");
  const said = [];
  const player = new Player({ open: () => Output.open(context, urls), say: (state) => said.push(state) });
  const began = performance.now();
  await player.open();
  const ready_s = (performance.now() - began) / 1000;
  const recorder = new AudioWorkletNode(context, "recorder");
  const heard = [];
  recorder.port.onmessage = ({ data: [frame, rms, peak] }) => heard.push([frame / context.sampleRate, rms, peak]);
  player.output.gate.connect(recorder);
  const ticker = new Worker("ticker.js");
  ticker.onmessage = () => player.pump();
  return { context, player, heard, said, ready_s };
}

/** Plays `bars` from session second 0 for `seconds`; `acts` are [second, name, argument]. Times are on the session clock. */
window.perform = async (bars, seconds, acts = []) => {
  const { context, player, heard, said, ready_s } = await stage();
  for (const bar of bars) player.scheduler.offer(bar);
  await pause(0.2);
  player.anchor(0);
  const zero = context.currentTime + 0.12;
  const done = {};
  for (const [second, name, argument] of acts) {
    await pause(Math.max(0, zero + second - context.currentTime));
    done[name] = context.currentTime - zero;
    if (name === "offer") for (const bar of argument) player.scheduler.offer(bar);
    else player[name](argument);
  }
  await pause(Math.max(0, zero + seconds - context.currentTime));
  const { lag_s } = player.output;
  const sounding = player.playing()?.bar.bar ?? null;
  await context.close();
  return { heard: heard.map(([at, rms, peak]) => [at - zero, rms, peak]), done, said, lag_s, ready_s, sounding };
};
window.ready = true;

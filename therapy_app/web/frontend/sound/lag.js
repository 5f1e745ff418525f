// Notes sent to the synth with a time sound a constant while late; it differs from synth to synth. One probe note
// tells it: its clock starts when it is made, but counts only the frames it rendered.

const PROBE = { pitch: 72, velocity: 110, program: 0 };
/** From the time of a piano note to its first sample above the threshold, measured with immediate notes. */
const ATTACK_FRAMES = 53;
const AHEAD_S = 0.06;
const PATIENCE_S = 1.5;
/** Seen lags lie between 0.05 and 0.11 s; this one stands in when no probe is heard. */
export const USUAL_LAG_S = 0.08;

function heard(node, context) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_S * 1000);
    node.port.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data / context.sampleRate);
    };
    node.port.postMessage("arm");
  });
}

/** Seconds to subtract from every time sent to the synth. The gate to the ear must be shut meanwhile. */
export async function measureLag(context, synth) {
  const node = new AudioWorkletNode(context, "onset");
  const mute = new GainNode(context, { gain: 0 });
  synth.connectChannel(node, 0);
  node.connect(mute).connect(context.destination);
  synth.programChange(0, PROBE.program);
  const at = context.currentTime + AHEAD_S;
  synth.noteOn(0, PROBE.pitch, PROBE.velocity, { time: at });
  const sounded = await heard(node, context);
  synth.stopAll(true);
  synth.disconnectChannel(node, 0);
  node.disconnect();
  return sounded === null ? USUAL_LAG_S : Math.max(0, sounded - at - ATTACK_FRAMES / context.sampleRate);
}

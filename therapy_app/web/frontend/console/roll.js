// The bar that sounds and the next one as a piano roll. Roles differ in height and fill, not in colour alone.
import { canvasOf, colour } from "./dom.js";

const LOW = 34;
const HIGH = 90;
const LOOKS = {
  melody: { fill: "accent", alpha: 1, height: 5 },
  counter: { fill: "accent", alpha: 0.5, height: 4 },
  chords: { fill: "muted", alpha: 0.45, height: 4 },
  bass: { fill: "ink", alpha: 0.75, height: 5 },
};

/** Returns update({now, next, positionS}); now and next are performed bars or null. */
export function roll(canvas) {
  let shown = { now: null, next: null, positionS: null };

  const redraw = canvasOf(canvas, (context, width, height) => {
    const { now, next, positionS } = shown;
    const lengths = [now?.length_s ?? 0, next?.length_s ?? now?.length_s ?? 0];
    const x = (seconds) => (seconds / (lengths[0] + lengths[1] || 1)) * width;
    if (now) lines(context, x, now.beats, lengths, height);
    if (now) notes(context, now, 0, x, height);
    if (next) notes(context, next, lengths[0], x, height);
    if (now && positionS !== null) playhead(context, x(Math.min(positionS, lengths[0])), height);
  });

  return function update(what) {
    shown = what;
    redraw();
  };
}

function lines(context, x, beats, [length], height) {
  context.fillStyle = colour("line");
  for (let beat = 1; beat < 2 * beats; beat += 1) {
    const bar = beat === beats;
    context.globalAlpha = bar ? 1 : 0.5;
    context.fillRect(x((beat / beats) * length), 0, bar ? 2 : 1, height);
  }
  context.globalAlpha = 1;
}

function notes(context, bar, offset, x, height) {
  const y = (pitch) => height - 14 - ((pitch - LOW) / (HIGH - LOW)) * (height - 24);
  for (const note of bar.notes) {
    if (note.role === "drums") stroke(context, x(offset + note.start_s), height);
    else sound(context, LOOKS[note.role], x, offset, note, y(note.pitch));
  }
  context.globalAlpha = 1;
}

function sound(context, look, x, offset, note, y) {
  const left = x(offset + note.start_s);
  context.globalAlpha = look.alpha;
  context.fillStyle = colour(look.fill);
  context.fillRect(left, y - look.height / 2, Math.max(3, x(note.length_s) - 2), look.height);
}

function stroke(context, x, height) {
  context.globalAlpha = 0.8;
  context.fillStyle = colour("muted");
  context.fillRect(x, height - 8, 2, 8);
}

function playhead(context, x, height) {
  context.fillStyle = colour("target");
  context.fillRect(x - 1, 0, 2, height);
}

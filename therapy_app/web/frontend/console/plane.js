// The valence–arousal plane: the estimate as a region with its interval, the aim, and the path ahead.
import { canvasOf, colour, tell } from "./dom.js";
import { place, signed } from "./words.js";

const MARGIN = 24;

export function plane(canvas, text) {
  let shown = { affect: null, target: null };

  const redraw = canvasOf(canvas, (context, width, height) => {
    const side = Math.min(width, height) / 2 - MARGIN;
    const at = ({ valence, arousal }) => [width / 2 + valence * side, height / 2 - arousal * side];
    frame(context, width, height, side);
    const aim = shown.target?.body;
    if (aim) path(context, [aim.aim, ...aim.path].map(at));
    if (shown.affect?.state === "known") region(context, shown.affect, at);
    if (aim) diamond(context, ...at(aim.aim));
  });

  return function update({ affect, target }) {
    shown = { affect, target };
    tell(text.estimate, estimateWords(affect));
    tell(text.target, target ? `${place(target.body.aim)} (${numbers(target.body.aim)})` : "not set yet");
    tell(text.path, target?.body.path.length ? `ends ${place(target.body.path.at(-1))}` : "none");
    redraw();
  };
}

function estimateWords(affect) {
  if (affect?.state !== "known") return affect ? `unknown, because: ${affect.reason}` : "none yet";
  const { valence, arousal } = affect;
  const spread = ({ low, high }) => `${signed(low)} to ${signed(high)}`;
  const words = place({ valence: valence.value, arousal: arousal.value });
  return `${words}; valence ${spread(valence)}, arousal ${spread(arousal)}`;
}

const numbers = ({ valence, arousal }) => `valence ${signed(valence)}, arousal ${signed(arousal)}`;

function frame(context, width, height, side) {
  const [x, y] = [width / 2, height / 2];
  context.strokeStyle = colour("line");
  context.lineWidth = 1;
  context.strokeRect(x - side, y - side, 2 * side, 2 * side);
  context.beginPath();
  context.moveTo(x, y - side);
  context.lineTo(x, y + side);
  context.moveTo(x - side, y);
  context.lineTo(x + side, y);
  context.stroke();
  context.fillStyle = colour("muted");
  context.font = '14px "Source Sans 3", sans-serif';
  context.textAlign = "center";
  context.fillText("lively", x, y - side - 8);
  context.fillText("calm", x, y + side + 17);
  sideways(context, "low", x - side - 10, y);
  sideways(context, "good", x + side + 18, y);
}

function sideways(context, word, x, y) {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  context.fillText(word, 0, 0);
  context.restore();
}

/** An oval that touches the 90 % interval on all four sides; the interval need not be even around the value. */
function region(context, { valence, arousal }, at) {
  const [x, y] = at({ valence: valence.value, arousal: arousal.value });
  const [left, bottom] = at({ valence: valence.low, arousal: arousal.low });
  const [right, top] = at({ valence: valence.high, arousal: arousal.high });
  const quarters = [[right - x, y - top], [x - left, y - top], [x - left, bottom - y], [right - x, bottom - y]];
  context.beginPath();
  quarters.forEach(([wide, high], i) => {
    context.ellipse(x, y, wide, high, 0, -(i * Math.PI) / 2, -((i + 1) * Math.PI) / 2, true);
  });
  context.closePath();
  context.globalAlpha = 0.22;
  context.fillStyle = colour("estimate");
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colour("estimate");
  context.lineWidth = 2;
  context.stroke();
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.stroke();
}

function path(context, points) {
  context.strokeStyle = colour("path");
  context.lineWidth = 2;
  context.setLineDash([1, 5]);
  context.lineCap = "round";
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  context.setLineDash([]);
  context.lineCap = "butt";
}

function diamond(context, x, y) {
  context.strokeStyle = colour("target");
  context.lineWidth = 2.5;
  context.setLineDash([4, 3]);
  context.beginPath();
  for (const [dx, dy] of [[0, -11], [11, 0], [0, 11], [-11, 0]]) context.lineTo(x + dx, y + dy);
  context.closePath();
  context.stroke();
  context.setLineDash([]);
}

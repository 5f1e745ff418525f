// Small ways to make and fill elements.

export const byId = (id) => document.getElementById(id);

/** make("li", {class: "row"}, "text", child, …) */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Only when it changed, so that screen readers and layouts are left in peace. */
export function tell(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Canvases know their colours only while they draw: `redraw()` when the page turns light or dark. */
export function onLook(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

/** A canvas kept at its laid-out size in device pixels; `draw(context, width, height)` in CSS pixels. */
export function canvasOf(canvas, draw) {
  const context = canvas.getContext("2d");
  const redraw = () => {
    const scale = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return; // a part of the page that this account is not shown
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  };
  new ResizeObserver(redraw).observe(canvas);
  return redraw;
}

// 'Connect a strap', or the code of a phone: shown in a session whose sensor comes through a page or an app.
import { bluetoothStrap, hindrance } from "../strap/bluetooth.js";
import { phone } from "../strap/phone.js";
import { byId, tell } from "./dom.js";

const CODE = /code (\d{4}) (\d{4})/;
const STATES = {
  connecting: ["◐", "connecting to the strap"],
  connected: ["●", "strap connected"],
  lost: ["○", "strap lost; it is looked for, keep it on and stay near"],
};

/** Returns update(moment), or nothing on a page without the section. */
export function strap(sessionId) {
  const section = byId("strap");
  if (!section) return () => {};
  const button = byId("strap-connect");
  const why = hindrance(navigator, isSecureContext);
  const key = `strap-${sessionId}`;
  let code = "";
  let link = null;
  let chosen = null;

  const say = (shape, words) => {
    tell(byId("strap-shape"), shape);
    tell(byId("strap-state"), words);
  };

  function told(state) {
    say(...STATES[state]);
    button.hidden = state === "connected";
  }

  async function connect() {
    link ??= phone({
      url: `${location.origin.replace(/^http/, "ws")}/phone`,
      open: (url) => new WebSocket(url),
      nowMs,
      code: () => code,
      remembered: { get: () => sessionStorage.getItem(key) ?? "", set: (token) => sessionStorage.setItem(key, token) },
      told: (words) => say("○", words),
    });
    chosen ??= bluetoothStrap({ bluetooth: navigator.bluetooth, nowMs, took: link.pass, told });
    try {
      await chosen.choose();
    } catch {
      say("○", "No strap was chosen. Wear it with moist electrodes, and press again.");
    }
  }

  button.hidden = why !== "";
  if (why) say("○", why);
  button.addEventListener("click", connect);

  return ({ phone: status, ended }) => {
    section.hidden = Boolean(ended) || !status;
    const shown = CODE.exec(status?.reason ?? "");
    code = shown?.slice(1).join("") ?? code;
    byId("phone-code").hidden = !shown;
    if (shown) tell(byId("phone-code"), `Phone or watch: pair with the code ${shown[1]} ${shown[2]}`);
    if (ended) {
      chosen?.close();
      link?.close();
    }
  };
}

function nowMs() {
  return performance.timeOrigin + performance.now();
}

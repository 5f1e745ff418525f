// A heart-rate strap through the browser's own Bluetooth: its packets as they come; when it is lost, and back.

const SERVICE = "heart_rate";
const MEASUREMENT = "heart_rate_measurement";
const AGAIN_MS = 1000;

/** Why this browser can't, in words; "" when it can. */
export function hindrance(navigator, isSecureContext) {
  if (!isSecureContext) return "A strap can be connected only on a page that came over https.";
  if (!navigator.bluetooth) return "This browser has no Bluetooth for pages. Chrome and Edge have, on a computer or on Android.";
  return "";
}

/**
 * `took(bytes, atMs)` gets each packet and when it came, `told(state)` 'connecting', 'connected' or 'lost'.
 * `choose` needs a press, and asks which strap; from then on that strap is followed until `close`.
 */
export function bluetoothStrap({ bluetooth, nowMs, took, told, wait = pause }) {
  let device = null;
  let closed = false;
  let following = false;

  async function choose() {
    const chosen = await bluetooth.requestDevice({ filters: [{ services: [SERVICE] }] });
    if (device && chosen !== device) leave(device);
    if (chosen !== device) chosen.addEventListener("gattserverdisconnected", lost);
    device = chosen;
    await follow();
  }

  /** Tries until it is connected: a strap may be out of range for long. */
  async function follow() {
    if (following) return;
    following = true;
    for (let tries = 0; !closed; tries += 1) {
      told(tries ? "lost" : "connecting");
      try {
        await connect(device);
        told("connected");
        break;
      } catch {
        device.gatt.disconnect(); // half a connection would be taken for a whole one, with what was found on it
        await wait(AGAIN_MS);
      }
    }
    following = false;
  }

  async function connect(to) {
    const server = await to.gatt.connect();
    const service = await server.getPrimaryService(SERVICE);
    const measurement = await service.getCharacteristic(MEASUREMENT);
    measurement.addEventListener("characteristicvaluechanged", received);
    await measurement.startNotifications();
  }

  function received({ target }) {
    const { buffer, byteOffset, byteLength } = target.value;
    took(new Uint8Array(buffer, byteOffset, byteLength), nowMs());
  }

  function lost() {
    told("lost");
    follow();
  }

  function leave(left) {
    left.removeEventListener("gattserverdisconnected", lost);
    left.gatt.disconnect();
  }

  return {
    choose,
    close() {
      closed = true;
      if (device) leave(device);
    },
  };
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// A strap through the page: what the engine is told, and that nothing is lost or sent twice over a drop.
import assert from "node:assert/strict";
import test from "node:test";
import { bluetoothStrap, hindrance } from "../../therapy_app/web/frontend/strap/bluetooth.js";
import { phone } from "../../therapy_app/web/frontend/strap/phone.js";

/** An engine's end: every socket that was opened, and what was said on each. */
function engine() {
  const sockets = [];
  const open = () => {
    const socket = { readyState: 1, said: [], send: (text) => socket.said.push(JSON.parse(text)), close() {} };
    sockets.push(socket);
    return socket;
  };
  const say = (socket, message) => socket.onmessage({ data: JSON.stringify(message) });
  return { sockets, open, say };
}

function paired() {
  const { sockets, open, say } = engine();
  let token = "";
  const remembered = { get: () => token, set: (value) => { token = value; } };
  const errors = [];
  const again = [];
  const link = phone({
    url: "ws://here/phone", open, nowMs: () => 5000, code: () => "12345678", remembered,
    told: (words) => errors.push(words), wait: (act) => again.push(act),
  });
  sockets[0].onopen();
  return { sockets, say, link, errors, again, token: () => token };
}

test("a page pairs with the code that is shown, and answers the engine's clock", () => {
  const { sockets, say } = paired();
  say(sockets[0], { type: "clock", id: 3 });
  assert.deepEqual(sockets[0].said, [
    { type: "hello", version: 1, code: "12345678" },
    { type: "clock", id: 3, received_ms: 5000, sent_ms: 5000 },
  ]);
});

test("packets wait for the welcome, are counted, and are sent as they came", () => {
  const { sockets, say, link } = paired();
  link.pass(new Uint8Array([0x16, 72, 0x52, 0x03]), 4000);
  assert.equal(sockets[0].said.length, 1);
  say(sockets[0], { type: "welcome", version: 1, token: "t", acked: {} });
  assert.deepEqual(sockets[0].said[1], { type: "ble", characteristic: "2a37", bytes: "FkhSAw==", at_ms: 4000, seq: 0 });
});

test("after a drop the token opens, and only what was not acknowledged is sent again", () => {
  const { sockets, say, link, again } = paired();
  say(sockets[0], { type: "welcome", version: 1, token: "t", acked: {} });
  for (const rate of [60, 61, 62]) link.pass(new Uint8Array([0, rate]), rate);
  say(sockets[0], { type: "ack", stream: "ble:2a37", seq: 0 });
  sockets[0].onclose();
  again.shift()();
  sockets[1].onopen();
  say(sockets[1], { type: "welcome", version: 1, token: "t", acked: { "ble:2a37": 1 } });
  assert.deepEqual(sockets[1].said[0], { type: "hello", version: 1, token: "t" });
  assert.deepEqual(sockets[1].said.slice(1).map((packet) => packet.seq), [2]);
});

test("a refused token is forgotten, and the code that is shown then is used", () => {
  const { sockets, say, again, token } = paired();
  say(sockets[0], { type: "welcome", version: 1, token: "t", acked: {} });
  say(sockets[0], { type: "error", reason: "token", message: "this token is not known" });
  assert.equal(token(), "");
  sockets[0].onclose();
  again.shift()();
  sockets[1].onopen();
  assert.equal(sockets[1].said[0].code, "12345678");
});

/** A strap in reach whose connection fails some times. */
function device(failures = 0) {
  const strap = new EventTarget();
  const measurement = Object.assign(new EventTarget(), { startNotifications: async () => {} });
  const service = { getCharacteristic: async () => measurement };
  strap.connections = 0;
  strap.gatt = {
    disconnect() {},
    connect: async () => {
      strap.connections += 1;
      if (strap.connections <= failures) throw new Error("out of range");
      return { getPrimaryService: async () => service };
    },
  };
  strap.send = (bytes) => {
    measurement.value = new DataView(new Uint8Array([9, ...bytes]).buffer, 1);
    measurement.dispatchEvent(new Event("characteristicvaluechanged"));
  };
  return strap;
}

function following(strap) {
  const [states, packets] = [[], []];
  const followed = bluetoothStrap({
    bluetooth: { requestDevice: async () => strap },
    nowMs: () => 7,
    took: (bytes, atMs) => packets.push([...bytes, atMs]),
    told: (state) => states.push(state),
    wait: async () => {},
  });
  return { followed, states, packets };
}

test("a strap's packets are handed on byte for byte", async () => {
  const strap = device();
  const { followed, states, packets } = following(strap);
  await followed.choose();
  strap.send([0x06, 72]);
  assert.deepEqual(states, ["connecting", "connected"]);
  assert.deepEqual(packets, [[0x06, 72, 7]]);
});

test("a strap that is lost is told, tried again until it is back, and read once", async () => {
  const strap = device(2);
  const { followed, states, packets } = following(strap);
  await followed.choose();
  assert.deepEqual(states, ["connecting", "lost", "lost", "connected"]);
  strap.dispatchEvent(new Event("gattserverdisconnected"));
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(states.slice(-3), ["lost", "connecting", "connected"]);
  strap.send([0x06, 72]);
  assert.equal(packets.length, 1);
});

test("a browser that can't is told in words", () => {
  assert.match(hindrance({ bluetooth: {} }, false), /https/);
  assert.match(hindrance({}, true), /Chrome and Edge/);
  assert.equal(hindrance({ bluetooth: {} }, true), "");
});

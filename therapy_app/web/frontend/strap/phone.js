// Speaks to the engine's sensor as a phone does (docs/phone.md): pairs, answers its clock, hands on a strap's raw packets.

const VERSION = 1;
const AGAIN_MS = 1000;
const STREAM = "ble:2a37";
/** Packets that wait for a connection, or for being acknowledged: some four minutes of them. */
const MOST_WAITING = 256;

/**
 * `code()` is the pairing code that is shown now, `remembered` keeps the token over a reload, `told(words)` hears
 * what went wrong. `open(url)` makes a WebSocket.
 */
export function phone({ url, open, nowMs, code, remembered, told, wait = later }) {
  const waiting = [];
  let socket = null;
  let welcome = false;
  let closed = false;
  let seq = 0;

  function connect() {
    if (closed) return;
    const made = open(url);
    socket = made;
    made.onopen = () => say({ type: "hello", version: VERSION, ...credentials() });
    made.onmessage = ({ data }) => READ[JSON.parse(data).type]?.(JSON.parse(data));
    made.onclose = () => {
      welcome = false;
      wait(connect, AGAIN_MS);
    };
  }

  function credentials() {
    const token = remembered.get();
    return token ? { token } : { code: code() };
  }

  const READ = {
    clock({ id }) {
      const atMs = nowMs();
      say({ type: "clock", id, received_ms: atMs, sent_ms: nowMs() });
    },
    welcome({ token, acked }) {
      remembered.set(token);
      welcome = true;
      heard(acked[STREAM] ?? -1);
      for (const packet of waiting) say(packet);
    },
    ack({ stream, seq: last }) {
      if (stream === STREAM) heard(last);
    },
    error({ reason, message }) {
      if (reason === "ended") closed = true;
      if (reason === "token") remembered.set("");
      else told(message);
    },
  };

  function heard(last) {
    while (waiting.length && waiting[0].seq <= last) waiting.shift();
  }

  function say(message) {
    if (socket.readyState === 1) socket.send(JSON.stringify(message));
  }

  connect();
  return {
    /** One packet of the heart rate measurement, and when it came. */
    pass(bytes, atMs) {
      const packet = { type: "ble", characteristic: "2a37", bytes: base64(bytes), at_ms: atMs, seq };
      seq += 1;
      waiting.push(packet);
      if (waiting.length > MOST_WAITING) waiting.shift();
      if (welcome) say(packet);
    },
    close() {
      closed = true;
      say({ type: "bye" });
      socket.close();
    },
  };
}

function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function later(act, ms) {
  setTimeout(act, ms);
}

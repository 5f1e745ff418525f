// What people tell the session. Each act has its own key, so that sending it again can never do it twice.

const TRIES = 4;
const PAUSE_S = 0.7;

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function post(url, token, act) {
  return fetch(url, {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(act),
  });
}

/** Returns send(name, fields) → {ok, words}; a lost connection is tried again with the same key. */
export function commander(url, token) {
  return async function send(name, fields = {}) {
    const act = { key: newKey(), name, ...fields };
    for (let tried = 1; ; tried += 1) {
      const answer = await post(url, token, act).catch(() => null);
      if (answer?.ok) {
        await answer.text();
        return { ok: true, words: "" };
      }
      if (answer && answer.status < 500) return { ok: false, words: await refusal(answer) };
      if (tried === TRIES) return { ok: false, words: "the server can't be reached" };
      await pause(PAUSE_S * tried);
    }
  };
}

async function refusal(answer) {
  const told = await answer.json().catch(() => ({}));
  return told.message ?? `refused (${answer.status})`;
}

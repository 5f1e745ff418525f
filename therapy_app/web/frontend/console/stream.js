// One stream of events per page. The browser resumes it with Last-Event-ID; what a server refuses is asked for again.
import { KINDS } from "./words.js";

const AGAIN_S = 3;
/** Features come once a second; this long without anything is worth saying. */
export const QUIET_S = 6;

export const LINK = {
  connecting: ["◐", "connecting"],
  linked: ["●", "linked"],
  quiet: ["◐", "nothing new"],
  lost: ["○", "connection lost, the music goes on"],
  over: ["●", "complete"],
};

/** `after()` is the last seq seen, `take(entry)` gets each event, `link(state)` each change, `over()` the end. */
export function follow(url, { after, take, link, over }) {
  let source = null;
  let quiet = null;

  function heard() {
    clearTimeout(quiet);
    link("linked");
    quiet = setTimeout(() => link("quiet"), QUIET_S * 1000);
  }

  function close(state) {
    clearTimeout(quiet);
    source.close();
    link(state);
  }

  function lost() {
    clearTimeout(quiet);
    link("lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_S * 1000);
  }

  function open() {
    source = new EventSource(`${url}?after=${after()}`);
    source.onopen = heard;
    source.onerror = lost;
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        heard();
        take(JSON.parse(event.data));
      });
    }
    source.addEventListener("over", () => {
      close("over");
      over();
    });
  }

  link("connecting");
  open();
}

/** The whole log of a session that is over, page by page. */
export async function wholeLog(url, take) {
  for (let after = 0, more = true; more; ) {
    const answer = await fetch(`${url}?after=${after}&limit=1000`);
    if (!answer.ok) throw new Error(`the log could not be read (${answer.status})`);
    const { events } = await answer.json();
    events.forEach(take);
    more = events.length > 0;
    if (more) after = events.at(-1).seq;
  }
}

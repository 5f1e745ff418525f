// A worker's timer: unlike the page's own it is not slowed down in a hidden tab.
const EVERY_MS = 40;
setInterval(() => postMessage(0), EVERY_MS);

// An audio worklet that tells the frame in which a sound first rises above a threshold after being armed.
const THRESHOLD = 1e-3;

registerProcessor(
  "onset",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.armed = false;
      this.port.onmessage = () => {
        this.armed = true;
      };
    }

    process([input]) {
      const found = this.armed && input.length ? input[0].findIndex((x) => Math.abs(x) > THRESHOLD) : -1;
      if (found >= 0) {
        this.armed = false;
        this.port.postMessage(currentFrame + found);
      }
      return true;
    }
  },
);

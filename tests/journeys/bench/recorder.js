// An audio worklet that posts the loudest sample and the energy of every 5 ms it hears, with its frame.
const FRAMES = 256;

registerProcessor(
  "recorder",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.energy = 0;
      this.peak = 0;
      this.count = 0;
    }

    process([input]) {
      const left = input[0];
      for (let i = 0; i < 128; i += 1) {
        const x = left ? left[i] : 0;
        this.energy += x * x;
        this.peak = Math.max(this.peak, Math.abs(x));
      }
      this.count += 128;
      if (this.count >= FRAMES) {
        this.port.postMessage([currentFrame + 128 - this.count, Math.sqrt(this.energy / this.count), this.peak]);
        this.energy = this.peak = this.count = 0;
      }
      return true;
    }
  },
);

// How much memory an import takes: RssAnon, what the process holds that is no file's page. All threads are in it.

import { readFileSync } from 'node:fs';

const SAMPLE_MS = 50;

export class MemoryWatch {
  #peakBytes = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#timer.unref();
  }

  /** Stops measuring. Returns the greatest value seen, in bytes, or 0 if the system does not report it. */
  stop(): number {
    clearInterval(this.#timer);
    this.#sample();
    return this.#peakBytes;
  }

  #sample(): void {
    try {
      const kib = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
      this.#peakBytes = Math.max(this.#peakBytes, Number(kib ?? 0) * 1024);
    } catch {
      // Not Linux: the report says 0.
    }
  }
}

// A worker as the driver sees it: a group of processes that says what it does, and can be killed and stopped.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('worker.mjs', import.meta.url));
const LINES_KEPT = 5;

export class WorkerProcess {
  start;
  /** Killed by us, or gone on purpose. */
  isKilled = false;
  isStopped = false;
  /** Whether it has opened the store: before, there is not much to disturb. */
  isOpen = false;
  /** When it last said something. */
  heardAt = performance.now();
  /** What it said last. @type {string[]} */
  last = [];
  errors = '';
  #child;
  /** Resolves when it and all it said is over. @type {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} */
  ended;

  /** @param {import('./types.js').Start} start @param {(said: import('./types.js').Said) => void} hear */
  constructor(start, hear) {
    this.start = start;
    const argument = join(start.scratch, 'start.json');
    writeFileSync(argument, JSON.stringify(start));
    // A group of its own, so that the commands it runs are killed and stopped together with it.
    this.#child = spawn(process.execPath, [PROGRAM, argument], { detached: true });
    this.#child.stdin.on('error', () => {}); // it ended first
    this.#child.stderr.on('data', (data) => {
      this.errors = `${this.errors}${data}`.slice(-2000);
    });
    const lines = createInterface({ input: this.#child.stdout });
    lines.on('line', (line) => {
      // A native library that aborts prints, too.
      if (!line.startsWith('{')) return;
      this.heardAt = performance.now();
      this.last = [...this.last.slice(1 - LINES_KEPT), line];
      const said = JSON.parse(line);
      if (said.say === 'opened') this.isOpen = true;
      if (said.say === 'ended') this.isKilled = true;
      hear(said);
    });
    const silent = new Promise((resolve) => lines.once('close', resolve));
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => silent.then(() => resolve({ code, signal })));
    });
  }

  get pid() {
    return /** @type {number} */ (this.#child.pid);
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    if (signal === 'SIGKILL') this.isKilled = true;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // It has ended.
    }
  }

  finish() {
    this.#child.stdin.end();
  }
}

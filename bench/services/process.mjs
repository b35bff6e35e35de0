// A service as a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Of the fields in /proc/<pid>/stat after the name: ticks of user and of system time, and the ticks of a second. */
const USER_FIELD = 11;
const TICKS_PER_SECOND = 100;

export class Service {
  /** @type {import('node:child_process').ChildProcess} */
  #process;
  port = 0;

  /** @param {string} name of the file @param {string[]} args */
  static async start(name, ...args) {
    const service = new Service();
    const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
    service.#process = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(service.#process, 'close').then(([code]) => {
      throw new Error(`the service ${name} ended with ${code}`);
    });
    // Later it ends because it is told to.
    ended.catch(() => {});
    const [line] = await Promise.race([once(createInterface({ input: service.#process.stdout }), 'line'), ended]);
    service.port = Number(line);
    return service;
  }

  /** Processor time so far, in seconds; undefined where the system does not say. */
  get cpuSeconds() {
    try {
      const text = readFileSync(`/proc/${this.#process.pid}/stat`, 'latin1');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[USER_FIELD]) + Number(fields[USER_FIELD + 1])) / TICKS_PER_SECOND;
    } catch {
      return undefined;
    }
  }

  async stop() {
    if (this.#process.exitCode !== null) return;
    const closed = once(this.#process, 'close');
    this.#process.kill('SIGTERM');
    await closed;
  }
}

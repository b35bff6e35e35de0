// What goes wrong on purpose while the workers work.

import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const AGE_LOCK = fileURLToPath(new URL('age-lock.mjs', import.meta.url));

/** @typedef {import('./process.mjs').WorkerProcess} WorkerProcess */
/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {{ readonly worker: WorkerProcess, readonly random: Random, readonly store: string }} Scene */

/** Each takes its effect back before it resolves. @type {Readonly<Record<string, (scene: Scene) => Promise<void>>>} */
const FAULTS = {
  async kill({ worker }) {
    worker.signal('SIGKILL');
  },

  async stop({ worker, random }) {
    await stopped(worker, 50 + random.below(400));
  },

  /** Stopped for what looks like more than a minute to the others: the lock it may hold goes to the next one. */
  async 'stop for long'({ worker, random, store }) {
    const aged = new Promise((resolve) => execFile(process.execPath, [AGE_LOCK, store, String(worker.pid)], resolve));
    // It waits while the stopped process holds LMDB's own lock.
    await stopped(worker, 400 + random.below(600));
    await aged;
  },

  async descriptors({ worker, random }) {
    const open = readdirSync(`/proc/${worker.pid}/fd`).length;
    limit(worker, open + random.below(12));
    await setTimeout(100 + random.below(400));
    limit(worker, 1024);
  },

  async fill({ random, store }) {
    const filler = join(dirname(store), 'filler');
    const { bavail, bsize } = statfsSync(dirname(store));
    const left = random.pick([0, 20_000, 300_000, 1_000_000]);
    try {
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    } catch {
      // Others were faster: full it is.
    }
    await setTimeout(50 + random.below(300));
    rmSync(filler, { force: true });
  },
};

/** Which of them a round has. @param {import('./types.js').Faults} faults @returns {readonly string[]} */
export function faultsOf({ kills, stops, descriptors, fills }) {
  return [
    ...(kills ? ['kill', 'kill'] : []),
    ...(stops ? ['stop', 'stop', 'stop for long'] : []),
    ...(descriptors ? ['descriptors'] : []),
    ...(fills ? ['fill', 'fill'] : []),
  ];
}

/** @param {string} name @param {Scene} scene */
export async function inject(name, scene) {
  try {
    await FAULTS[name]?.(scene);
  } catch (error) {
    // The process has ended meanwhile.
    if (!['ENOENT', 'ESRCH'].includes(String(/** @type {any} */ (error).code)) && !/prlimit/.test(String(error)))
      throw error;
  }
}

/** @param {WorkerProcess} worker @param {number} milliseconds */
async function stopped(worker, milliseconds) {
  worker.isStopped = true;
  worker.signal('SIGSTOP');
  await setTimeout(milliseconds);
  worker.signal('SIGCONT');
  worker.isStopped = false;
  worker.heardAt = performance.now();
}

/** @param {WorkerProcess} worker @param {number} descriptors */
function limit(worker, descriptors) {
  execFileSync('prlimit', ['--pid', String(worker.pid), `--nofile=${descriptors}:`], { stdio: 'ignore' });
}

/** What this machine can do. */
export function abilities() {
  const isLinux = process.platform === 'linux';
  return { descriptors: isLinux && hasProgram('prlimit'), stops: process.platform !== 'win32' };
}

/** @param {string} name */
function hasProgram(name) {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

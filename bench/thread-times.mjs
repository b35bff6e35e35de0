// Runs a process and says how much processor time its main thread took, and all its others: by the system's account of each
// thread, looked at until the process ends. Threads that end before are counted as they were last seen.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const POLL_MS = 10;
/** Of the system's account: a hundredth of a second on Linux. */
const TICKS_PER_SECOND = 100;

/**
 * @param {string} command @param {string[]} args
 * @returns {Promise<{ wallSeconds: number, mainSeconds: number, otherSeconds: number, stdout: string }>}
 */
export async function threadTimes(command, args) {
  const began_ms = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (data) => (stdout += data));
  const seconds = new Map();
  const poll = setInterval(() => look(child.pid, seconds), POLL_MS);
  try {
    const exitCode = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}: ${stdout}`);
  } finally {
    clearInterval(poll);
  }
  const mainSeconds = seconds.get(child.pid) ?? 0;
  const otherSeconds = [...seconds.values()].reduce((sum, some) => sum + some, 0) - mainSeconds;
  return { wallSeconds: (performance.now() - began_ms) / 1e3, mainSeconds, otherSeconds, stdout };
}

/** @param {number} pid @param {Map<number, number>} seconds by thread; the main one has the number of the process */
function look(pid, seconds) {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      // Behind the name, which may have blanks in it: the 12th and 13th are user and system time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      seconds.set(Number(thread), (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND);
    }
  } catch {
    // It has just ended.
  }
}

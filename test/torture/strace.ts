// strace, attached to a writer that waits: it changes what becomes of chosen system calls of the operation that follows.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Writer } from './harness.js';

/** The threads of a process, the first one first. */
export function threadsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

/** Plays operation n while these threads are traced; resolves with what strace printed, the process dead or idle. */
export async function runTraced(
  writer: Writer,
  threads: readonly number[],
  args: readonly string[],
  n: number,
): Promise<string> {
  const strace = spawn('strace', ['-qq', ...args, ...threads.flatMap((thread) => ['-p', String(thread)])]);
  let log = '';
  strace.stderr.on('data', (data) => {
    log += data;
  });
  const ended = new Promise((resolve) => strace.once('close', resolve));
  while (!threads.every((thread) => isTraced(writer.pid, thread))) {
    if (strace.exitCode !== null) throw new Error(`strace could not attach: ${log}`);
    await setTimeout(2);
  }
  await writer.run(n);
  if (writer.process.signalCode === null) strace.kill('SIGINT');
  await ended;
  return log;
}

function isTraced(pid: number, thread: number): boolean {
  return !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'));
}

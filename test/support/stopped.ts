// A process that is stopped after every system call that may change a file, in any of its threads and of the processes that it
// starts: what its files hold then is what a kill at that call leaves. strace injects the stops.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Every call by which a file comes to be under a name, changes, goes, or becomes durable; and those that write to anything. */
const CALLS = [
  ...['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendfile', 'copy_file_range', 'fallocate', 'ftruncate'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat', 'unlink', 'unlinkat', 'rmdir'],
  ...['mkdir', 'mkdirat', 'fsync', 'fdatasync', 'msync'],
].join();

/** A pipe, an event, a socket: no file. */
const NO_FILE = /^\w+\(\d+<(?!\/)/;

/** How often it is looked whether all threads are stopped, beside what strace says. */
const LOOK_MS = 50;

/** What becomes of a process that was stopped. */
export type Then = 'go on' | 'be killed';

export interface Stopped {
  /** How often it was stopped after a call that may have changed a file. */
  readonly stops: number;
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
}

/**
 * Traces a process that waits.
 * @param begin has it go on, when it is traced
 * @param at is called when all its threads are stopped. `n` counts from 1; `call` is the call as strace prints it
 */
export async function stopAtCalls(
  child: ChildProcess,
  begin: () => void,
  at: (n: number, call: string) => Then,
): Promise<Stopped> {
  const pid = child.pid!;
  const ended = new Promise<Pick<Stopped, 'code' | 'signal'>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const inject = ['-e', `trace=${CALLS}`, '-e', `inject=${CALLS}:signal=STOP`];
  const strace = spawn('strace', ['-f', '-qq', '-y', ...inject, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = new Promise((resolve) => strace.once('close', resolve));
  let [text, stops, call] = ['', 0, ''];
  let failure: unknown;
  const stopped = new Set<number>();
  const hear = (line: string): void => {
    const [, thread, said] = /^(?:\[pid +(\d+)\] )?(.*)$/.exec(line)!;
    if (/^\w+\(/.test(said!) && !NO_FILE.test(said!)) call = said!;
    if (!said!.startsWith('--- stopped by')) return;
    stopped.add(Number(thread ?? pid));
    settle(processOf(Number(thread ?? pid)));
  };
  /** Goes on with a process when all of its threads are stopped. */
  const settle = (owner: number): void => {
    const threads = threadsOf(owner);
    if (threads.length === 0 || !threads.every((one) => stopped.has(one))) return;
    for (const one of threads) stopped.delete(one);
    let then: Then = 'go on';
    try {
      if (call !== '') then = at(++stops, call);
    } catch (error) {
      [failure, then] = [error, 'be killed'];
    }
    call = '';
    if (then === 'go on') return void process.kill(owner, 'SIGCONT');
    for (const one of new Set([owner, pid])) process.kill(one, 'SIGKILL');
  };
  strace.stderr.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      hear(line);
    }
  });
  // A thread that ends while the others are stopped says nothing.
  const looking = setInterval(() => {
    for (const owner of new Set(Array.from(stopped, processOf))) settle(owner);
  }, LOOK_MS);
  void closed.then(() => clearInterval(looking));
  while (!threadsOf(pid).every((thread) => isTraced(pid, thread))) {
    if (strace.exitCode !== null) throw new Error(`strace could not attach: ${text}`);
    await setTimeout(2);
  }
  begin();
  const end = await ended;
  await closed;
  if (failure !== undefined) throw failure;
  return { stops, ...end };
}

/** Of a thread. */
function processOf(thread: number): number {
  try {
    return Number(/^Tgid:\t(\d+)$/m.exec(readFileSync(`/proc/${thread}/status`, 'utf8'))![1]);
  } catch {
    return thread;
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

function isTraced(pid: number, thread: number): boolean {
  try {
    return !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'));
  } catch {
    return true; // it has ended
  }
}

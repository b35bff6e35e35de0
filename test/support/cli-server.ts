// The process of cli-server.mjs, one for all tests that share a process. Starting Node and loading the command line takes ten
// times as long as most commands do.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Ended } from './cli.js';

const SCRIPT = fileURLToPath(new URL('cli-server.mjs', import.meta.url));

interface Order {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

let server: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Runs a command line to its end, after those before it. If its test ends earlier, so does the process. */
export function served(order: Order): Promise<Ended> {
  let hasEnded = false;
  onTestFinished(() => {
    if (!hasEnded) server?.kill('SIGKILL');
  });
  const ended = last.then(() => serve(order));
  last = ended.then(
    () => {
      hasEnded = true;
    },
    () => {},
  );
  return ended;
}

function serve(order: Order): Promise<Ended> {
  server ??= startServer();
  const child = server;
  const mark = `\0${randomUUID()}\0`;
  return new Promise((resolve, reject) => {
    const shown = { stdout: '', stderr: '' };
    let exitCode: number | undefined;
    const look = (): void => {
      if (exitCode === undefined || !shown.stdout.endsWith(mark) || !shown.stderr.endsWith(mark)) return;
      const [stdout, stderr] = [shown.stdout.slice(0, -mark.length), shown.stderr.slice(0, -mark.length)];
      settle(() => resolve({ code: exitCode!, signal: null, stdout, stderr }));
    };
    const settle = (how: () => void): void => {
      for (const emitter of [child, child.stdout!, child.stderr!]) emitter.removeAllListeners();
      how();
    };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]!.on('data', (text: string) => {
        shown[name] += text;
        look();
      });
    }
    child.on('message', (code: number) => {
      exitCode = code;
      look();
    });
    child.on('error', (error) => settle(() => reject(error)));
    // The command ended its process: what a process of its own would have said.
    child.on('close', (code, signal) => {
      server = undefined;
      settle(() => resolve({ code, signal, ...shown }));
    });
    child.send({ ...order, mark });
  });
}

/** Neither it nor its streams keep the test's process alive. */
function startServer(): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  for (const stream of [child.stdout, child.stderr]) (stream!.setEncoding('utf8') as unknown as Socket).unref();
  child.unref();
  child.channel!.unref();
  return child;
}

// Runs the built command line: what a user sees is exit codes, stdout and stderr, so tests look at those. Commands that only
// run to their end share a process (cli-server.ts); signals, pipes, failpoints and ends of processes need one of their own.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { served } from './cli-server.js';

export { scratch } from './import-files.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CLI = join(ROOT, 'dist/src/cli/main.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr has shown this; rejects when the process ends without. */
  sees(text: string | RegExp): Promise<void>;
}

/**
 * Starts `gristmill ...args`; it is killed when the test ends.
 * @param under a command that is given all this as its arguments
 */
export function start(
  args: readonly string[],
  cwd?: string,
  env?: Readonly<Record<string, string>>,
  under: readonly string[] = [],
): Running {
  if (!existsSync(CLI)) throw new Error('dist/ is missing: npm run build');
  const [command, ...words] = [...under, process.execPath, CLI, ...args];
  const child = spawn(command!, words, {
    ...{ cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    child.emit('stderr-text');
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const seen = (text: string | RegExp) => (typeof text === 'string' ? stderr.includes(text) : text.test(stderr));
  const sees = (text: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => seen(text) && resolve();
      child.on('stderr-text', look);
      child.on('close', () => reject(new Error(`ended without showing ${text}: ${stderr}`)));
      look();
    });
  return { child, ended, sees };
}

/** Runs `gristmill ...args` to its end, one after another. */
export const gristmill = (...args: readonly string[]): Promise<Ended> => gristmillIn(process.cwd(), args);

/** The same in a directory, with variables. */
export function gristmillIn(
  cwd: string,
  words: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Ended> {
  return served({ words, cwd, env: { ...process.env, ...env } });
}

/** The JSON objects of NDJSON output. */
export function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

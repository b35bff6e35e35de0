// Tries hostile stores (hostile-values.ts) in processes of their own (hostile-child.mjs).

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HostileCase } from './hostile-values.js';

const CHILD = fileURLToPath(new URL('hostile-child.mjs', import.meta.url));
/** The last resort: a step of a case that takes so long does not end. */
const STEP_MILLISECONDS = Number(process.env.HOSTILE_STEP_MS ?? 60_000);

/** @returns the cases that went wrong, and what was wrong */
export async function tryHostile(
  parent: string,
  cases: readonly HostileCase[],
  processes: number,
  repairs = 40,
): Promise<string[]> {
  const file = join(parent, 'cases');
  writeFileSync(file, cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const runs = Array.from({ length: processes }, (_, i) =>
    run([parent, file, String(i), String(processes), String(repairs)]),
  );
  const results = await Promise.all(runs);
  const done = results.reduce((sum, { done }) => sum + done, 0);
  const faults = results.flatMap((result) => result.faults);
  return done === cases.length ? faults : [...faults, `${done} cases of ${cases.length} were done`];
}

async function run(args: readonly string[]): Promise<{ readonly done: number; readonly faults: string[] }> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const faults: string[] = [];
  let [done, name, step, errors] = [0, '', '', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const ended = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(signal ?? code ?? ''));
  });
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), STEP_MILLISECONDS);
  };
  watch();
  for await (const line of createInterface({ input: child.stdout })) {
    watch();
    const said = JSON.parse(line) as { name?: string; step?: string; faults?: string[] };
    name = said.name ?? name;
    step = said.step ?? step;
    if (said.faults === undefined) continue;
    done++;
    faults.push(...said.faults.map((fault) => `${name}: ${fault}`));
  }
  clearTimeout(timer);
  const how = await ended;
  if (how !== 0) faults.push(`${name}: ${step} ended with ${how} ${errors}`);
  return { done, faults };
}

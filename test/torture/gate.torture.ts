// Goal: no commit is forgotten because another process opens or closes the store, and no opening fails (store/lmdb/gate.ts).
// Method: two processes that commit, two that open and close without end (opens.mjs). The twin does without the gate and
// must lose commits, or the test shows nothing.

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { scratch } from '../support/import-files.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OPENS = fileURLToPath(new URL('opens.mjs', import.meta.url));
const OPENINGS = 10_000;

interface Outcome {
  readonly openings: number;
  readonly committed: number;
  readonly found: number;
  readonly failures: readonly string[];
}

async function run(directory: string, dist: string): Promise<Outcome> {
  const args = [OPENS, join(directory, 'store'), String(OPENINGS), dist];
  // It exits with 1 where something was lost, and says what.
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error as { stdout: string });
  return JSON.parse(stdout);
}

/** The program without its gate: whoever wants to pass it does. */
function withoutGate(): string {
  const copy = scratch();
  cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const file = join(copy, 'dist/src/library.js');
  // In the one file of the library each module begins with its name.
  const modules = readFileSync(file, 'utf8').split(/^(?=\/\/ dist\/src\/)/m);
  const at = modules.findIndex((code) => code.startsWith('// dist/src/store/lmdb/gate.js\n'));
  const code = modules[at]!;
  const open = code.replace('#begin() {', '#begin() { return true;').replace('leave() {', 'leave() { return;');
  expect(open.length).toBe(code.length + ' return true; return;'.length);
  writeFileSync(file, modules.with(at, open).join(''));
  return join(copy, 'dist');
}

function onDisk(): string {
  const base = join(tmpdir(), 'gristmill');
  mkdirSync(base, { recursive: true });
  const directory = mkdtempSync(join(base, 'gate-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe('commits beside openings', () => {
  test.each([
    ['in memory', scratch],
    ['on disk', onDisk],
  ])('are all there, %s', async (_, place) => {
    const { openings, committed, found, failures } = await run(place(), join(ROOT, 'dist'));
    expect(failures).toEqual([]);
    expect(openings).toBeGreaterThan(OPENINGS);
    expect(committed).toBeGreaterThan(100);
    expect(found).toBe(committed);
  });

  test('are lost without the gate', async () => {
    const { failures } = await run(scratch(), withoutGate());
    expect(failures.length).toBeGreaterThan(0);
  });
});

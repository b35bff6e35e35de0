// Directories and files of tests: in memory where the system has room there, so that thousands of small stores do not wait
// for a disk; and what is left in a store, as one value to compare.

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const IN_MEMORY = '/dev/shm';
/** What the largest tests take, side by side; a container may have 64 MB there. */
const ROOM_BYTES = 2 ** 30;

/** An empty directory that outlives a test: remove it. */
export function makeDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(hasRoom() ? IN_MEMORY : tmpdir(), 'gristmill-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function hasRoom(): boolean {
  if (!existsSync(IN_MEMORY)) return false;
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ROOM_BYTES;
}

/** An empty directory, removed after the test. */
export function scratch(): string {
  const { path, remove } = makeDirectory();
  onTestFinished(remove);
  return path;
}

/** A file of a scratch directory. */
export function fileWith(content: string | Uint8Array, name = 'source.json', directory = scratch()): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** All files of a store but those of the index, with their bytes; and its directories. */
export function filesOf(store: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(store, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.startsWith('index')) continue;
    const path = join(store, name);
    files[name] = statSync(path).isDirectory() ? 'directory' : readFileSync(path).toString('base64');
  }
  return files;
}

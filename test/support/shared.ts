// What another tool reads from files of shards: the lines that the tool zstd gives.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../dist/src/index.js';

/** The lines of all `.zst` files in a directory, sorted. */
export function zstdLinesIn(directory: string): string[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.ndjson.zst'));
  if (files.length === 0) return [];
  const text = execFileSync('zstd', ['-dcq', ...files], { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 30 });
  return text.split('\n').slice(0, -1).sort();
}

/** The same of a collection, as gristmill gives them. */
export async function linesOf(store: Store, collection: string): Promise<string[]> {
  let text = '';
  for await (const lines of store.collection(collection).lines()) text += Buffer.from(lines).toString();
  return text.split('\n').slice(0, -1).sort();
}

/** By collection, what a shared directory has. */
export function sharedLines(directory: string): Record<string, string[]> {
  return Object.fromEntries(readdirSync(directory).map((name) => [name, zstdLinesIn(join(directory, name))]));
}

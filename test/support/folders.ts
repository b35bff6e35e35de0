// Folders of files, and the records that came of them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { scratch } from './import-files.js';
import type { TestStore } from './import-store.js';

/** Makes a folder of these files, in a directory of its own. */
export function folderOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  root = join(scratch(), 'files'),
): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** Names and texts of all records, by name. */
export async function recordsOf({ store, texts }: TestStore): Promise<[string, string][]> {
  const found: [string, string][] = [];
  const records = store.collection();
  for await (const { key } of records.range()) found.push([key as string, records.getTextSync(key) as string]);
  expect(found.map(([, text]) => text).sort()).toEqual((await texts()).sort());
  return found.sort(byBytes);
}

export function byBytes([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

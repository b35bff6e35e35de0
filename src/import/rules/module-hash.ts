// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// A hash of a user's module and of the files that it imports by a relative path, however many steps away. Packages are not among
// them: which files they have is not to be seen in the module.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What a relative name of `require` may stand for. */
const ENDINGS = ['', '.js', '.cjs', '.mjs', '.json', '.ts', '/index.js', '/index.cjs', '/index.ts'];
const IMPORTED = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;

/** @throws what reading the module throws. A file that it names and that is not there is left to whoever loads the module. */
export function moduleHash(url: URL): string {
  const hash = createHash('sha256');
  const first = new URL(url.href);
  const files = new Map<string, Uint8Array>([[first.href, readFileSync(first)]]);
  // A Map visits what is added while it is walked.
  for (const [href, bytes] of files) {
    hash.update(`${bytes.byteLength}\n`).update(bytes);
    for (const [, , name] of Buffer.from(bytes).toString('utf8').matchAll(IMPORTED)) {
      const found = fileAt(new URL(name as string, href));
      if (found !== undefined && !files.has(found.href)) files.set(found.href, found.bytes);
    }
  }
  return hash.digest('hex');
}

function fileAt(named: URL): { readonly href: string; readonly bytes: Uint8Array } | undefined {
  for (const ending of ENDINGS) {
    const url = new URL(named.href);
    url.pathname += ending;
    try {
      return { href: url.href, bytes: readFileSync(url) };
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

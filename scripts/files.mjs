// Small file helpers of the build and its callers, so that "is it newer?" is decided in one place.
// Plain Node with no dependency: these run before anything is installed.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository (or package) directory. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * All files under a folder of the repository whose name passes, as paths from the root, sorted.
 * @param {string} folder
 * @param {(name: string) => boolean} [wanted]
 * @returns {string[]}
 */
export function filesUnder(folder, wanted = () => true) {
  const absolute = join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path, wanted);
      return wanted(entry.name) ? [path] : [];
    })
    .sort();
}

/**
 * The test files whose first comment has a line `// @<word>: <reason>`, as paths from the root.
 * @param {string} word
 */
export function testsMarked(word) {
  const line = new RegExp(`^// @${word}: \\S`, 'm');
  return filesUnder('test', (name) => name.endsWith('.test.ts')).filter((path) =>
    line.test(readFileSync(join(root, path), 'utf8')),
  );
}

/**
 * When a file was last written, in milliseconds; 0 when it is not there.
 * @param {string} path from the root
 */
export function writtenAt(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * Whether `output` is there and not older than any of `inputs`.
 * @param {string} output
 * @param {readonly string[]} inputs
 */
export function isFresh(output, inputs) {
  const written = writtenAt(output);
  return written > 0 && inputs.every((input) => writtenAt(input) <= written);
}

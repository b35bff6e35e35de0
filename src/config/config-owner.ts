// [found] > settings > options
//
// Whether a config file that was found in the working directory is the user's own. A module is code, and JSON may say whose
// stores are trusted: in a directory of somebody else, or one that all can write to, neither is taken for an order.
// A file that was named is: who names it has looked.

import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { GristmillError } from '../base/errors.js';
import { whyNotOwn } from '../store/files/exposure.js';

/** Looks at the file, at a link to it, and at the directories of both. @throws GristmillError CONFIG_INVALID */
export function checkConfigOwner(path: string): void {
  let places: [string, Stats][];
  try {
    const target = realpathSync(path);
    const directories = [...new Set([dirname(path), dirname(target)])];
    places = [
      [path, lstatSync(path)],
      [target, statSync(target)],
      ...directories.map((one): [string, Stats] => [one, statSync(one)]),
    ];
  } catch (cause) {
    throw invalid(path, `cannot be checked: ${(cause as Error).message}`, cause);
  }
  for (const [place, stat] of places) {
    const why = whyNotOwn(stat);
    if (why !== undefined) throw invalid(path, `is not read, because ${place} ${why}`);
  }
}

function invalid(file: string, why: string, cause?: unknown): GristmillError {
  const message = `${file} ${why}; if you trust the file, name it (option config: '${file}'), otherwise use no config file (option config: false)`;
  return new GristmillError('CONFIG_INVALID', message, { file, cause });
}

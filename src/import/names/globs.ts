// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Patterns of names, as a shell has them: `*`, `?`, `[abc]`, `{a,b}`, and `**` for any number of folders. This file alone
// knows the package that matches them, and loads it with the first pattern: most processes have none.

import { createRequire } from 'node:module';

/** What is used of the package. */
interface Picomatch {
  (pattern: string, options: PicomatchOptions): (path: string) => boolean;
  scan(pattern: string, options?: PicomatchOptions): { readonly base: string; readonly glob: string };
}

interface PicomatchOptions {
  readonly dot?: boolean;
  readonly nonegate?: boolean;
  readonly basename?: boolean;
  readonly noparen?: boolean;
}

const PATTERN_LENGTH_MAX = 4096;
/** Hidden names are left out by the folder. A `!` is a part of a name. */
const COMMON = { dot: true, nonegate: true } as const;

let loaded: Picomatch | undefined;

function picomatch(): Picomatch {
  loaded ??= createRequire(import.meta.url)('picomatch') as Picomatch;
  return loaded;
}

/** @throws TypeError for what is no pattern */
export function checkPattern(pattern: string): void {
  const isFine = typeof pattern === 'string' && pattern !== '' && pattern.length <= PATTERN_LENGTH_MAX;
  if (!isFine) throw new TypeError(`a pattern is a text of 1 to ${PATTERN_LENGTH_MAX} characters`);
}

export type Matches = (path: string) => boolean;

/** A function that says whether a path in a folder matches the whole pattern. */
export function matcherOf(pattern: string): Matches {
  return picomatch()(pattern, COMMON);
}

/**
 * A function that says whether a path in a folder matches one of these patterns. A pattern without a slash is compared with
 * the last name of the path, any other one with the whole path.
 */
export function anyOf(patterns: readonly string[]): Matches {
  const matchers = patterns.map((given) => {
    const pattern = given.replace(/^(?:\.\/)+/, '').replace(/(?<=.)\/+$/, '');
    return picomatch()(pattern.replace(/^\//, ''), { ...COMMON, basename: !pattern.includes('/') });
  });
  return (path) => matchers.some((matches) => matches(path));
}

/** A pattern, cut into the folder that holds all that matches, and the rest. */
export function splitPattern(pattern: string): { readonly base: string; readonly glob: string } {
  const { base, glob } = picomatch().scan(pattern, { noparen: true });
  return { base, glob };
}

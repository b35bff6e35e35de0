// What every bench stands on, made when it is missing: gristmill built, charts and rivals installed, the data written.

import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** The rivals are the optional dependencies. */
const WITHOUT_RIVALS = '--omit=optional';
const NEWLINE = '\n'.charCodeAt(0);

/**
 * Installs and builds gristmill, installs the charts and the rivals where a bench needs them.
 * @param {{ rivals: boolean, pictures: boolean }} needs
 */
export async function prepare({ rivals, pictures }) {
  const { setUp } = await import('../scripts/setup.mjs');
  await setUp();
  const isInstalled = (name) => existsSync(join(HERE, 'node_modules', name));
  const hasRivals = ['classic-level', 'fastify'].every(isInstalled);
  if (rivals && !hasRivals) install('the rivals and the charts', '1.1 GB');
  // Rivals that are there stay: left out, they would be removed.
  else if (pictures && !isInstalled('vega-lite'))
    install('the charts', '30 MB', ...(hasRivals ? [] : [WITHOUT_RIVALS]));
}

function install(what, size, ...options) {
  console.error(`installing ${what} into bench/node_modules (about ${size}) ...`);
  // Not `npm ci`: it refuses a lockfile without chdb's packages for other systems, which not every registry has.
  const { status } = spawnSync('npm', ['install', '--prefix', HERE, ...options], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('npm install in bench/ failed: see above');
}

/** A module of the built gristmill or of its generators, by its path in dist/. */
export const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);

/** Records of an NDJSON file. */
export async function countLines(path) {
  let lines = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 22 })) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
  }
  return lines;
}

/** Brings a file into the page cache: the first to read it is not to pay for the disk. */
export async function warm(path) {
  for await (const _ of createReadStream(path, { highWaterMark: 2 ** 22 }));
}

/** `count` ordinals below `below`, the same in every run. */
export function randomOrdinals(count, below, seed = 1) {
  let state = seed;
  return Array.from({ length: count }, () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  });
}

/** A key as the library wants it: integers as numbers, or bigints beyond 2^53. */
export function keyValue(text) {
  if (!/^-?\d+$/.test(text)) return text;
  return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
}

// Goal: the house stays as the design drew it. Method: read the sources as text and check what a reader relies on.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../src/base/errors.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const LINES_MAX = 300;
/** Each is imported by exactly one file, so that replacing it means changing one file. */
const NATIVE_PACKAGES = ['lmdb', 'zstd-napi', 'koffi', 'piscina', 'prom-client', '@opentelemetry/api'];

/** Files of the repository (not ignored ones), new ones too. */
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(`${ROOT}${path}`));
const CODE = FILES.filter((path) => /\.(ts|mjs)$/.test(path) && !path.startsWith('bench/results/'));
const SOURCES = CODE.filter((path) => /^(src|workers)\//.test(path));
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');

/** Modules a file imports at run time or as types, statically or dynamically. */
function importsOf(path: string): string[] {
  const code = read(path).replace(/^\s*(\/\/|\*).*$/gm, '');
  return [...code.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+|\brequire\s*\(\s*)'([^']+)'/g)].map((m) => m[1]!);
}

/** Whether a module name is a package or a part of it. */
const isOf = (module: string, name: string) => module === name || module.startsWith(`${name}/`);

describe('structure', () => {
  test('no file is longer than a reader can hold', () => {
    const long = CODE.filter((path) => read(path).trimEnd().split('\n').length > LINES_MAX);
    expect(long).toEqual([]);
  });

  test('every source file opens with a comment that says why it exists', () => {
    const silent = CODE.filter(
      (path) =>
        !read(path)
          .replace(/^#!.*\n/, '')
          .startsWith('//'),
    );
    expect(silent).toEqual([]);
  });

  test.each(NATIVE_PACKAGES)('%s is imported by one file', (name) => {
    const importers = SOURCES.filter((path) => importsOf(path).some((module) => isOf(module, name)));
    expect(importers).toHaveLength(1);
  });

  test('workers never reach lmdb, directly or through what they import', () => {
    const entries = SOURCES.filter((path) => path.startsWith('workers/'));
    expect(entries).not.toEqual([]);
    const reached = reachable(entries);
    const offenders = [...reached].filter((path) => importsOf(path).some((module) => isOf(module, 'lmdb')));
    expect(offenders).toEqual([]);
  });

  test('only the command line prints', () => {
    const printing = SOURCES.filter((path) => !path.startsWith('src/cli/')).filter((path) =>
      /\bconsole\.|process\.(stdout|stderr)/.test(read(path).replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, '')),
    );
    expect(printing).toEqual([]);
  });

  test('docs/errors.md has a heading for every error code, and for no other', () => {
    const headings = [...read('docs/errors.md').matchAll(/^### ([A-Z_0-9]+)$/gm)].map((match) => match[1]);
    expect(headings.toSorted()).toEqual([...ERROR_CODES].sort());
  });
});

/** Files of the repository that the given ones import, however many steps away. */
function reachable(entries: readonly string[]): Set<string> {
  const reached = new Set(entries);
  // A Set visits what is added while it is walked.
  for (const path of reached) {
    if (!SOURCES.includes(path)) continue;
    for (const module of runtimeImportsOf(path)) {
      if (module.startsWith('.')) {
        const target = new URL(module, `file:///${path}`).pathname.slice(1).replace(/\.js$/, '.ts');
        if (SOURCES.includes(target)) reached.add(target);
      }
    }
  }
  return reached;
}

/** Imports that are left after compilation: `import type` is gone by then. */
function runtimeImportsOf(path: string): string[] {
  const code = read(path);
  const typeOnly = new Set([...code.matchAll(/import type [^;]*? from '([^']+)'/g)].map((match) => match[1]));
  const alsoAsValue = new Set([...code.matchAll(/import (?!type )[^;]*? from '([^']+)'/g)].map((match) => match[1]));
  return importsOf(path).filter((module) => !typeOnly.has(module) || alsoAsValue.has(module));
}

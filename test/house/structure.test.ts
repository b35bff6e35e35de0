// Goal: the house stays as the design drew it. Method: read the sources as text and check what a reader relies on.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/base/errors.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LINES_MAX = 300;
/** Each is imported by exactly one file, so that replacing it means changing one file. */
const NATIVE_PACKAGES = ['lmdb', 'zstd-napi', 'koffi', 'piscina', 'prom-client', '@opentelemetry/api', 'aws4fetch'];

/** Files of the repository (not ignored ones), new ones too. */
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(`${ROOT}${path}`));
/** From the ground up: a folder imports from those in the lines above its own, and from itself. */
const LAYERS = [
  ['src/base', 'src/base/native'],
  ['src/parallel'],
  ['src/options'],
  ['src/keys'],
  ['src/kernel', 'src/kernel/plain', 'src/kernel/simd'],
  ['src/profile', 'src/profile/plain', 'src/profile/simd', 'src/profile/show'],
  [
    'src/evolve',
    'src/evolve/text',
    'src/evolve/operations',
    'src/evolve/plan',
    'src/evolve/proof',
    'src/evolve/diff',
    'src/evolve/testing',
  ],
  // What is at rest, and how it gets there.
  [
    'src/store/seal',
    'src/store',
    'src/store/shapes',
    'src/store/codec/zstd',
    'src/store/codec',
    'src/store/files',
    'src/store/codec/raw',
    'src/store/sealed',
    'src/store/ring',
    'src/store/quarantine',
    'src/store/pages',
    'src/store/shards',
    'src/store/shards/joined',
    'src/store/catalog',
    'src/store/audit',
    'src/store/lmdb/commits',
    'src/store/lmdb/sealed',
    'src/store/lmdb',
    'src/store/lmdb/exchange',
  ],
  ['src/store/publish', 'src/store/lock'],
  // The import path, in the order of its stages.
  ['src/import/codec', 'src/import/codec/forms', 'src/import/codec/xz', 'src/import/codec/cuts'],
  ['src/import/format/simd', 'src/import/format', 'src/import/format/cuts'],
  [
    'src/import/rules',
    'src/import/names',
    'src/import/options',
    'src/import/transport/http',
    'src/import/transport/s3',
    'src/import/transport',
    'src/import/document',
    'src/import/source',
    'src/import/feed',
    'src/import/sequence',
    'src/import/archive',
    'src/import/tasks',
    'src/import/records',
    'src/import/plan',
    'src/import/plan/in-sequence',
    'src/import/scan',
  ],
  ['src/import/accept', 'src/import/merge', 'src/import/resume', 'src/import/report', 'src/import'],
  // The lookup path.
  ['src/lookup/cache', 'src/lookup/index', 'src/lookup', 'src/lookup/rows', 'src/lookup/warm'],
  // The way of an export: a plan of pieces, their form, their codec.
  ['src/export/forms', 'src/export/pack', 'src/export/work', 'src/export/plan', 'src/export', 'src/export/files'],
  ['src/config', 'src/metrics'],
  ['src/update/records', 'src/update/overlay', 'src/update/audit', 'src/update/edits', 'src/update'],
  [
    'src/upkeep',
    'src/upkeep/verify',
    'src/upkeep/salvage',
    'src/upkeep/repair',
    'src/upkeep/convert',
    'src/upkeep/compact',
    'src/upkeep/share',
    'src/upkeep/reencrypt',
    'src/upkeep/indexes',
    'src/upkeep/profile',
    'src/upkeep/schema',
    'src/upkeep/collections',
    'src/upkeep/evolve',
    'src/upkeep/quarantine',
    'src/upkeep/audit',
  ],
  ['src/sources'],
  ['src/watch'],
  ['src/pool'],
  ['workers'],
  // What people hold.
  ['src/api/reads', 'src/api/work', 'src/api/schema', 'src/api', 'src/api/encryption'],
  ['src'],
  [
    'src/cli/terminal',
    'src/cli/shared',
    'src/cli/commands',
    'src/cli/commands/quarantine',
    'src/cli/commands/rows',
    'src/cli/commands/index',
    'src/cli/commands/key',
    'src/cli/commands/collection',
    'src/cli/commands/audit',
    'src/cli/commands/schema',
    'src/cli/commands/evolve',
    'src/cli',
  ],
].flat();
const FOLDER_FILES_MAX = 14;
const CODE = FILES.filter((path) => /\.(ts|mjs)$/.test(path) && !path.startsWith('bench/results/'));
const SOURCES = CODE.filter((path) => /^(src|workers)\//.test(path));
/** Without the kernel's AssemblyScript, which is another language. */
const IN_LAYERS = SOURCES.filter((path) => path.endsWith('.ts') && !path.startsWith('src/kernel/assembly/'));
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

  test('every folder of sources has its place among the layers, and no layer is empty', () => {
    expect([...new Set(IN_LAYERS.map(folderOf))].sort()).toEqual([...LAYERS].sort());
  });

  test('no file imports from a layer above its own, so that there is no loop among folders', () => {
    const rank = (path: string) => LAYERS.indexOf(folderOf(path));
    const upwards = IN_LAYERS.flatMap((path) =>
      neighboursOf(path)
        .filter((target) => rank(target) > rank(path))
        .map((target) => `${path} imports ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test('no file imports itself, however many steps away', () => {
    const inLoops = IN_LAYERS.filter((path) => reachedFrom(neighboursOf(path)).has(path));
    expect(inLoops).toEqual([]);
  });

  test('no folder has more files than a reader takes in at a glance', () => {
    const filesIn = (folder: string) => IN_LAYERS.filter((path) => folderOf(path) === folder);
    expect(LAYERS.filter((folder) => filesIn(folder).length > FOLDER_FILES_MAX)).toEqual([]);
  });

  test('only the kernel’s own files call its WebAssembly instance', () => {
    const others = SOURCES.filter((path) => !path.startsWith('src/kernel/simd/'));
    expect(others.filter((path) => importsOf(path).some((module) => module.endsWith('kernel/simd/module.js')))).toEqual(
      [],
    );
  });

  test('only the commit thread reaches lmdb, of all workers, directly or through what they import', () => {
    const entries = SOURCES.filter((path) => path.startsWith('workers/') && path !== 'workers/commit-worker.ts');
    expect(entries).not.toEqual([]);
    const reached = reachable(entries);
    const offenders = [...reached].filter((path) => importsOf(path).some((module) => isOf(module, 'lmdb')));
    expect(offenders).toEqual([]);
  });

  test('a test looks at the built package or at the sources: two copies of one module have two of each class', () => {
    const sidesOf = (path: string) => ['src', 'dist'].filter((side) => read(path).includes(`'../../${side}/`));
    const tests = CODE.filter((path) => /^test\/.*\.test\.ts$/.test(path));
    expect(tests).not.toEqual([]);
    expect(tests.filter((path) => sidesOf(path).length > 1)).toEqual([]);
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

/** Files of the repository that a file imports, types too; what it loads later, by `import()`, is above it by its nature. */
const neighbours = new Map<string, string[]>();
function neighboursOf(path: string): string[] {
  const known = neighbours.get(path);
  if (known !== undefined) return known;
  const code = read(path).replace(/^\s*(\/\/|\*).*$/gm, '');
  const modules = [...code.matchAll(/\bfrom\s+'(\.[^']+)'/g)].map((match) => match[1] as string);
  const found = modules.map((module) => new URL(module, `file:///${path}`).pathname.slice(1).replace(/\.js$/, '.ts'));
  neighbours.set(path, found);
  return found;
}

function reachedFrom(paths: readonly string[]): Set<string> {
  // A Set visits what is added while it is walked.
  const reached = new Set(paths);
  for (const path of reached) for (const next of neighboursOf(path)) reached.add(next);
  return reached;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

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

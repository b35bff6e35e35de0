// npm run build: TypeScript to dist/, what starts there and the library to one file each, the AssemblyScript modules to .wasm
// beside their sources and in dist/.
// Each step is skipped when its output is newer than everything it is made from, so a second build costs nothing.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesUnder, isFresh, root, writtenAt } from './files.mjs';

/** Compiler flags of both are in asconfig.json, under the name of the module. */
const WASM_MODULES = [
  { name: 'kernel', entry: 'src/kernel/assembly/index.ts', output: 'src/kernel/simd/kernel.wasm' },
  { name: 'decoders', entry: 'src/kernel/assembly/decoders/index.ts', output: 'src/import/codec/forms/decoders.wasm' },
  {
    name: 'converters',
    entry: 'src/kernel/assembly/converters/index.ts',
    output: 'src/import/format/simd/converters.wasm',
  },
  { name: 'profiler', entry: 'src/kernel/assembly/profile/index.ts', output: 'src/profile/simd/profiler.wasm' },
  { name: 'checksum', entry: 'src/kernel/assembly/checksum.ts', output: 'src/store/files/checksum.wasm' },
  { name: 'blake2s', entry: 'src/kernel/assembly/blake2s.ts', output: 'src/keys/blake2s.wasm' },
  { name: 'sha256', entry: 'src/kernel/assembly/sha256.ts', output: 'src/store/seal/sha256.wasm' },
];
const BUNDLES = 'rolldown.config.mjs';
/** What it makes without a source of the same name. */
const LIBRARY = 'src/library';
const ASSEMBLY = 'src/kernel/assembly';
/** Written when tsc succeeded; what it is compared with is every TypeScript source. */
const STAMP = 'dist/.built';

/** Builds what is stale; throws when a compiler fails. */
export function build() {
  const changed = [...WASM_MODULES.map(buildWasm), buildTypeScript()].filter(Boolean);
  console.log(changed.length === 0 ? 'build: up to date' : `build: ${changed.join(', ')}`);
}

/** @returns {string | undefined} what was built */
function buildTypeScript() {
  const sources = ['src', 'workers', 'datasets']
    .flatMap((folder) => filesUnder(folder, (name) => name.endsWith('.ts') && !name.endsWith('.d.ts')))
    .filter((path) => !path.startsWith(`${ASSEMBLY}/`));
  const modules = [LIBRARY, ...sources.map((path) => path.replace(/\.ts$/, ''))];
  removeOrphans(modules);
  const complete = modules.every((module) => writtenAt(`dist/${module}.js`) > 0);
  if (complete && isFresh(STAMP, [...sources, 'tsconfig.json', BUNDLES, 'package.json'])) return undefined;
  // The stamp tells when the compiler began: a source edited while it runs must count as newer.
  const began = new Date();
  runTool('typescript/bin/tsc', ['-p', 'tsconfig.json']);
  // Its list of files is left out; errors and warnings go to stderr.
  runTool('rolldown/bin/cli.mjs', ['--config', BUNDLES, '--log-level', 'warn'], 'ignore');
  writeFileSync(join(root, STAMP), `${began.toISOString()}\n`);
  utimesSync(join(root, STAMP), began, began);
  return `${sources.length} TypeScript files`;
}

/**
 * Removes from dist/ what has no source any more: a deleted file must not go on being packed.
 * @param {readonly string[]} sources their paths without an ending
 */
function removeOrphans(sources) {
  const modules = new Set(sources);
  for (const path of filesUnder('dist', (name) => /\.(js|d\.ts)(\.map)?$/.test(name))) {
    const module = path.slice('dist/'.length).replace(/\.(js|d\.ts)(\.map)?$/, '');
    if (!modules.has(module)) rmSync(join(root, path));
  }
}

/**
 * @param {{ name: string, entry: string, output: string }} module
 * @returns {string | undefined} what was built
 */
function buildWasm({ name, entry, output }) {
  const inputs = [...filesUnder(ASSEMBLY, (file) => file.endsWith('.ts')), 'asconfig.json'];
  const stale = !isFresh(output, inputs);
  if (stale) runTool('assemblyscript/bin/asc.js', [entry, '--config', 'asconfig.json', '--target', name]);
  const copy = `dist/${output}`;
  if (stale || !isFresh(copy, [output])) {
    mkdirSync(dirname(join(root, copy)), { recursive: true });
    copyFileSync(join(root, output), join(root, copy));
  }
  return stale ? output : undefined;
}

/**
 * Runs a tool of node_modules with this Node; its errors are shown.
 * @param {string} script
 * @param {readonly string[]} args
 * @param {'inherit' | 'ignore'} stdout
 */
function runTool(script, args, stdout = 'inherit') {
  const { status, error } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: ['inherit', stdout, 'inherit'],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`build: ${script.split('/').pop()} ended with ${status}; its message is above`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

// What starts, the command, the threads and the library, becomes one file each, in its own place in dist/: loading some two
// hundred small modules took a fifth of a second (docs/decisions.md). So does what the library loads later (src/base/load.ts): a
// file that cannot be read can be read again, modules that import each other cannot. Packages stay what they are.
//
// The library's one file is dist/src/library.js. Each of its modules keeps its place in dist/, where tests and benches look
// into it, and only names there what it exports from that file: there must not be two of it.
//
// Much of an `import('gristmill')` is V8 reading the library's file. So comments are left out, and all characters are ASCII: a file
// with any other is held, and read, at two bytes for each.

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const PACKAGES = /^[^./]/;
const LIBRARY = 'dist/src/library.js';
const WORKERS = [
  'import-worker',
  'reading-worker',
  'decode-worker',
  'commit-worker',
  'frame-worker',
  'watch-worker',
].map((name) => `dist/workers/${name}.js`);
/** A process of its own. */
const PROBE = 'dist/src/upkeep/repair/probe.js';
const COMMAND = 'dist/src/cli/main.js';
const LOADED_LATER = ['dist/src/api/later.js', 'dist/src/config/settings.js'];

/** Characters beyond ASCII are in texts, templates and regular expressions only, where an escape is the same. */
const ASCII = {
  name: 'ascii',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk') chunk.code = escaped(chunk.code);
  },
};
const escaped = (code) =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const loaded = modulesFrom('dist/src/index.js');
const later = LOADED_LATER.map((file) => resolve(file));

// In this order: the library takes the place of the modules that threads are made of, and the others import it.
export default [
  ...[...WORKERS, PROBE].map((file) => ({ ...oneFile(file), external: [PACKAGES] })),
  library(),
  ...LOADED_LATER.map((file) => ({ ...oneFile(file), external: [PACKAGES, resolve(LIBRARY)] })),
  { ...oneFile(COMMAND), external: [PACKAGES, resolve(LIBRARY), ...later] },
];

/** @param {string} file */
function oneFile(file) {
  return {
    input: resolve(file),
    output: { file, format: 'esm', comments: false, codeSplitting: false },
    platform: 'node',
    plugins: [placeOfModules(file), ASCII],
  };
}

function library() {
  const name = (module) => relative(resolve('dist/src'), module).replace(/\.js$/, '');
  return {
    input: Object.fromEntries([...loaded].map((module) => [name(module), module])),
    output: {
      ...{ dir: 'dist/src', format: 'esm', comments: false, entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      codeSplitting: { groups: [{ name: name(resolve(LIBRARY)), test: (id) => loaded.has(id) }] },
    },
    platform: 'node',
    external: [PACKAGES, ...later],
    plugins: [placeOfModules(LIBRARY), ASCII],
  };
}

/**
 * The modules that a module imports before it runs, directly or not.
 * @param {string} file
 */
function modulesFrom(file) {
  // A Set visits what is added while it is walked.
  const modules = new Set([resolve(file)]);
  for (const module of modules) {
    const statements = readFileSync(module, 'utf8').matchAll(
      /^(?:(?:import|export)\b[^;]*?\bfrom|import) '(\.[^']+)'/gm,
    );
    for (const [, name] of statements) modules.add(resolve(dirname(module), name));
  }
  return modules;
}

/**
 * A module finds the files beside it from where it was.
 * @param {string} bundle
 */
function placeOfModules(bundle) {
  const urlOf = (module) =>
    `new URL(${JSON.stringify(relative(dirname(resolve(bundle)), module))}, import.meta.url).href`;
  return {
    name: 'place-of-modules',
    transform: (code, module) => code.replaceAll('import.meta.url', urlOf(module)),
  };
}

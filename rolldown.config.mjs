// What starts, the command and the threads of an import, becomes one file each, in its own place in dist/: loading some two
// hundred small modules took a fifth of a second (docs/decisions.md). So does what the library loads later (src/base/load.ts): a
// file that cannot be read can be read again, modules that import each other cannot. Packages stay what they are; so does the
// rest of the library, whose modules tests and benches look into.

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const PACKAGES = /^[^./]/;
const LIBRARY = 'dist/src/index.js';
const WORKERS = ['import-worker', 'decode-worker', 'commit-worker'].map((name) => `dist/workers/${name}.js`);
const STARTED = ['dist/src/cli/main.js', ...WORKERS];
const LOADED_LATER = ['dist/src/api/later.js', 'dist/src/config/settings.js'];

const loaded = modulesFrom(LIBRARY);

export default [...STARTED, ...LOADED_LATER].map((file) => ({
  input: resolve(file),
  output: { file, format: 'esm', codeSplitting: false },
  platform: 'node',
  external: [PACKAGES],
  plugins: [
    ...(LOADED_LATER.includes(file) ? [{ name: 'loaded-modules', resolveId: takenFromLibrary }] : []),
    { name: 'place-of-modules', transform: (code, module) => code.replaceAll('import.meta.url', urlOf(module, file)) },
  ],
}));

/**
 * The modules that a module imports before it runs, directly or not.
 * @param {string} file
 */
function modulesFrom(file) {
  // A Set visits what is added while it is walked.
  const modules = new Set([resolve(file)]);
  for (const module of modules) {
    const statements = readFileSync(module, 'utf8').matchAll(/^(?:import|export)\b[^;]*?\bfrom '(\.[^']+)'/gm);
    for (const [, name] of statements) modules.add(resolve(dirname(module), name));
  }
  return modules;
}

/**
 * What the library has loaded by then is imported, not taken in: there must not be two of it.
 * @param {string} name
 * @param {string | undefined} importer
 */
function takenFromLibrary(name, importer) {
  if (importer === undefined || PACKAGES.test(name)) return null;
  const id = resolve(dirname(importer), name);
  return loaded.has(id) ? { id, external: 'relative' } : null;
}

/**
 * A module finds the files beside it from where it was.
 * @param {string} module
 * @param {string} bundle
 */
function urlOf(module, bundle) {
  return `new URL(${JSON.stringify(relative(dirname(resolve(bundle)), module))}, import.meta.url).href`;
}

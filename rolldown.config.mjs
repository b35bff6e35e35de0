// What starts, the command and the threads of an import, becomes one file each, in its own place in dist/: loading some two
// hundred small modules took a fifth of a second (docs/decisions.md). Packages stay what they are; so does the library,
// whose modules tests and benches look into.

import { dirname, relative, resolve } from 'node:path';

const PACKAGES = /^[^./]/;
/** No command uses them: their packages would be loaded by all of them. */
const EXPORTERS = /\/metrics\/(prometheus|opentelemetry)\.js$/;

export default ['dist/src/cli/main.js', 'dist/workers/import-worker.js'].map((file) => ({
  input: file,
  output: { file, format: 'esm', codeSplitting: false },
  platform: 'node',
  external: [PACKAGES, EXPORTERS],
  plugins: [
    { name: 'place-of-modules', transform: (code, module) => code.replaceAll('import.meta.url', urlOf(module, file)) },
  ],
}));

/**
 * A module finds the files beside it from where it was.
 * @param {string} module
 * @param {string} bundle
 */
function urlOf(module, bundle) {
  return `new URL(${JSON.stringify(relative(dirname(resolve(bundle)), module))}, import.meta.url).href`;
}

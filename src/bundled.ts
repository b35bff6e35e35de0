// Runs before anything else of the library: says so if a bundler has made it part of another file. Threads, WebAssembly and
// native packages are files of their own, which the library looks for beside its own file (docs/package.md). Without this
// check, the first of them that is missing would tell, as a file that cannot be read.

import { existsSync } from 'node:fs';
import { GristmillError } from './base/errors.js';

function isWhole(): boolean {
  try {
    return existsSync(new URL('./kernel/simd/kernel.wasm', import.meta.url));
  } catch {
    return false; // Some bundlers leave out the address of the file.
  }
}

if (!isWhole()) {
  const message = `files of the package gristmill are not beside its code. A bundler has probably made it part of another file: leave gristmill external (esbuild: --external:gristmill; rollup and rolldown: external: ['gristmill']; Vite: ssr.external: ['gristmill']), and install it where the bundle runs. Otherwise install it again`;
  throw new GristmillError('PACKAGE_BUNDLED', message);
}

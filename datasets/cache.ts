// Files of test data that are made once: datasets/cache/ holds one for every (name, form, size, seed) ever asked for.

import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DatasetOptions, writeDataset } from './index.js';

// Part of every file name: raise it when a generator changes, or old files pass for new ones.
const GENERATORS_VERSION = 1;

/** Beside the sources, also when this runs from dist/: the cache survives a clean build. */
function cacheFolder(): string {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, 'package.json'))) {
    if (root === dirname(root)) throw new Error('datasets/cache.js is not inside a package: no package.json above it');
    root = dirname(root);
  }
  return join(root, 'datasets', 'cache');
}

/** The path of a file with this dataset, written first when it is not there yet. */
export function datasetFile(options: DatasetOptions): string {
  const { name, bytes, form = 'ndjson', seed = 1 } = options;
  const folder = cacheFolder();
  const extension = form === 'ndjson' ? 'ndjson' : 'json';
  const path = join(folder, `${name}-${form}-${bytes}b-seed${seed}-v${GENERATORS_VERSION}.${extension}`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeDataset(path, options);
  }
  return path;
}

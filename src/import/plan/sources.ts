// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Looks at everything that is to be imported: files one by one, folders by listing them.

import { statSync } from 'node:fs';
import { GristmillError } from '../../base/errors.js';
import type { Pause } from '../../parallel/pause.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { Expectation } from '../source/layout.js';
import { openSource } from '../source/open.js';
import type { Fingerprint } from '../source/source.js';
import { refuseStore } from '../source/store-directory.js';
import { batchSources } from './batch-sources.js';
import { listFolder, planFolder, planNothing, type Select } from './folder.js';
import { planSource, type SourcePlan } from './plan.js';

/** The plans of all sources, in order, with the warnings for the report. */
export interface Plans {
  readonly plans: readonly SourcePlan[];
  readonly warnings: readonly string[];
}

/**
 * Plans all sources, in order.
 * @param store the store; its directory is not a source.
 * @param expectation the layout that the collection expects of sources. Files of a folder do not depend on it.
 * @param mayBeEmpty whether a folder may have no files
 * @param selectOf returns, for each source, which part of its files is imported
 * @throws SOURCE_… and SELECT_… errors; CANCELLED; TypeError
 */
export async function planSources(
  paths: readonly string[],
  store: string,
  options: FilledImportOptions,
  pause: Pause,
  expectation: Expectation | undefined,
  mayBeEmpty = false,
  selectOf?: (source: number) => Select,
): Promise<Plans> {
  const plans: SourcePlan[] = [];
  const warnings: string[] = [];
  const fine = new Set<string>();
  for (const [source, path] of paths.entries()) {
    refuseStore(path, fine);
    const select = selectOf?.(source);
    if (!isFolder(path)) {
      const expected = select?.('', fingerprintAt(path));
      if (!select || expected) {
        plans.push(await planSource(path, { ...options, expectation }, pause, source, '', expected));
      }
      continue;
    }
    const listing = await listFolder(path, store, pause, select);
    if (listing.files === 0 && !mayBeEmpty && !options.allowEmpty) {
      const message = `${path} has no files named *.json, *.ndjson or *.jsonl; there is nothing to import.`;
      throw new GristmillError('SOURCE_EMPTY', message, { file: path });
    }
    plans.push(...(await planFolder(path, source, listing, options, pause)));
    warnings.push(...listing.warnings);
  }
  if (plans.length === 0) plans.push(planNothing(paths[0]!, options));
  return { plans: batchSources(plans, options), warnings };
}

/** Of a source that is a file. @throws SOURCE_NOT_FOUND, SOURCE_NOT_READABLE, SOURCE_NOT_A_FILE */
export function fingerprintAt(path: string): Fingerprint {
  const file = openSource(path, 'read');
  file.close();
  return file.fingerprint;
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false; // looked at as a file, which says why it cannot be
  }
}

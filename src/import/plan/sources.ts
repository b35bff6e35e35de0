// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Looks at everything that is to be imported: files one by one, folders by listing them.

import { statSync } from 'node:fs';
import { BadFiles } from '../../base/bad-files.js';
import { GristmillError } from '../../base/errors.js';
import type { BadFile } from '../../base/import-report.js';
import type { Pause } from '../../parallel/pause.js';
import { Names } from '../names/names.js';
import { placeOf } from '../names/sources.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { SequenceOptions } from '../sequence/open.js';
import type { RemoteFile } from '../sequence/streams.js';
import type { Expectation } from '../source/layout.js';
import { fingerprintAt } from '../source/open.js';
import { refuseStore } from '../source/store-directory.js';
import { batchSources } from './batch-sources.js';
import { planUnlessBad, withoutOddOnes } from './careful.js';
import { listFolder, planFolder, planNothing, type Select } from './folder.js';
import { amongSources, checkSpelling } from './formats.js';
import { planSource } from './plan.js';
import type { PlanOptions, SourcePlan } from './source-plan.js';

/** The plans of all sources, in order, with the warnings for the report. */
export interface Plans {
  readonly plans: readonly SourcePlan[];
  readonly warnings: readonly string[];
  /** Files that were left out, because they could not be read when they were looked at. */
  readonly badFiles?: readonly BadFile[];
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
  given: FilledImportOptions & Pick<SequenceOptions, 'streams'>,
  pause: Pause,
  expectation: Expectation | undefined,
  mayBeEmpty = false,
  selectOf?: (source: number) => Select,
): Promise<Plans> {
  checkSpelling(paths, given);
  const options = amongSources(paths, given);
  const plans: SourcePlan[] = [];
  const warnings: string[] = [];
  const fine = new Set<string>();
  const bad = new BadFiles(options);
  for (const [source, name] of paths.entries()) {
    const objects = options.streams?.objectsOf(name);
    const select = selectOf?.(source);
    if (objects !== undefined) {
      plans.push(...(await planObjects(objects, { ...options, expectation }, pause, source, select)));
      continue;
    }
    const stream = options.streams?.openerOf(name);
    if (stream !== undefined) {
      plans.push(await planSource(name, { ...options, expectation, glob: stream.glob }, pause, source));
      continue;
    }
    const { root: path, glob, isArchive = false } = placeOf(name);
    const isFile = refuseStore(path, fine);
    try {
      if (!isFile && !isArchive && isFolderOf(name)) {
        const names = new Names(options, glob);
        const listing = await listFolder(path, store, pause, select, bad, names);
        if (listing.files === 0 && !mayBeEmpty && !options.allowEmpty) throw noFiles(path, name, options);
        plans.push(...(await planFolder(path, source, listing, options, pause, bad)));
        warnings.push(...listing.warnings);
        continue;
      }
      const expected = select?.('', fingerprintAt(path));
      if (select && !expected) continue;
      const which = { source, expected };
      const plan = await planUnlessBad(path, { ...options, expectation, glob }, pause, which, bad);
      if (plan !== undefined) plans.push(plan);
    } catch (error) {
      bad.addOrThrow(error, path);
    }
  }
  if (plans.length === 0) plans.push(planNothing(placeOf(paths[0]!).root, options));
  return { plans: batchSources(withoutOddOnes(plans), options), warnings, badFiles: bad.files };
}

/**
 * Plans objects of a remote source. Each is planned as it is alone, so archives are opened.
 * @param select the versions that are imported. Default: all
 */
export async function planObjects(
  objects: readonly RemoteFile[],
  options: PlanOptions,
  pause: Pause,
  source: number,
  select: Select = (_path, fingerprint) => fingerprint,
): Promise<SourcePlan[]> {
  const plans: SourcePlan[] = [];
  for (const { name, path, fingerprint } of objects) {
    if (select(path, fingerprint) === undefined) continue;
    const { glob } = options.streams?.openerOf(name) ?? {};
    const plan = await planSource(name, { ...options, glob }, pause, source, '', fingerprint);
    plans.push({ ...plan, relative: path });
  }
  return plans;
}

function noFiles(path: string, given: string, { include, exclude, format }: FilledImportOptions): GristmillError {
  const hasPatterns = given !== path || include.length + exclude.length > 0;
  const message = hasPatterns
    ? `No file matches ${given}${include.length + exclude.length > 0 ? ' and the patterns of include and exclude' : ''}; there is nothing to import.`
    : `${path} has no files named ${endingsOf(format)}, compressed or not; there is nothing to import.`;
  return new GristmillError('SOURCE_EMPTY', message, { file: path });
}

function endingsOf(format: FilledImportOptions['format']): string {
  return format === undefined || format === 'json' || format === 'es-bulk'
    ? '*.json, *.ndjson or *.jsonl'
    : `*.${format}`;
}

/** Whether a source is a folder, or files of one that a pattern names. @throws SOURCE_NOT_FOUND for a pattern without a folder */
export function isFolderOf(source: string): boolean {
  const { root, glob } = placeOf(source);
  if (glob === undefined || isFolder(root)) return isFolder(root);
  const message = `There is no file ${source}, and no folder ${root} in which names could match it.`;
  throw new GristmillError('SOURCE_NOT_FOUND', message, { file: root });
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false; // looked at as a file, which says why it cannot be
  }
}

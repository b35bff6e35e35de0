// The schema that a command is about: that of files, or of a collection of a store, with progress on stderr.

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_COLLECTION } from '../../../base/names.js';
import type { Schema, SchemaOfOptions } from '../../../index.js';
import { CATALOG_FILE } from '../../../store/files/layout.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { placesIn } from '../../shared/places.js';
import type { StoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { progressView } from '../../terminal/progress.js';

/** Stands for standard input among the sources. */
const STDIN = '-';
/** Separates a store from the collection. */
const INSIDE = '::';
/** What `--as profile` has written is not larger, and begins so. */
const PROFILE_BYTES_MAX = 64 << 20;
const PROFILE = /^\{"version":\d+,"records":\d+,"root":\{"kinds":/;

/** Flags whose name is that of an option of `schemaOf`. */
const SAME_NAME = [
  ...['layout', 'include', 'exclude', 'dialect', 'nonfinite', 'onTruncated', 'codec', 'format', 'types'],
  ...[
    'where',
    'sample',
    'transform',
    'pick',
    'omit',
    'validate',
    'limit',
    'maxBad',
    'maxBadRatio',
    'onBadRecord',
    'onBadFile',
  ],
  ...['maxExpansion', 'maxDecoderMemory', 'windowBytes', 'spanBytes', 'access', 'workers'],
];

export interface SideFlags extends StoreFlags {
  readonly store: string;
  readonly collection?: string;
  readonly fresh?: boolean;
  readonly workers?: number;
  readonly select?: readonly string[];
  readonly maxRecordBytes?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** A schema, and whether the group of a directory is trusted that a file with it is written to. */
interface Side {
  readonly schema: Schema;
  readonly trustShared: boolean;
  /** Only of a store: which of its collections, and in which version its records are. */
  readonly stored?: { readonly collection: string; readonly version: number };
}

/** @param given a source, a store with or without a collection, or a file that `--as profile` has written */
export async function sideOf(given: string, flags: SideFlags): Promise<Side> {
  const at = given.lastIndexOf(INSIDE);
  const [directory, collection] = at === -1 ? [given] : [given.slice(0, at), given.slice(at + INSIDE.length)];
  if (existsSync(join(directory, CATALOG_FILE))) {
    return schemaOfCollection(directory, { ...flags, ...(collection !== undefined && { collection }) });
  }
  const schema = await profileIn(given);
  return schema === undefined ? schemaOfFiles([given], flags) : { schema, trustShared: flags.trustShared === true };
}

async function profileIn(path: string): Promise<Schema | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size > PROFILE_BYTES_MAX) return undefined;
  const bytes = await readFile(path);
  if (!PROFILE.test(bytes.toString('latin1', 0, 100))) return undefined;
  return (await import('../../../index.js')).schemaFrom(bytes);
}

export async function schemaOfFiles(sources: readonly string[], flags: SideFlags): Promise<Side> {
  const { schemaOf } = await import('../../../index.js');
  const view = await progressView(flags.quiet === true);
  const all = sources.map((source) => (source === STDIN ? process.stdin : source));
  const report = await interruptible((signal) =>
    schemaOf(all, { ...optionsIn(flags), onProgress: view.show, signal }).finally(() => view.stop()),
  );
  for (const warning of report.warnings) note(`warning: ${warning}`);
  if (report.rejected > 0) note(`${report.rejected} bad records were left out`);
  return { schema: report.schema, trustShared: flags.trustShared === true };
}

/** @throws TypeError for flags that contradict each other */
function optionsIn(flags: SideFlags): SchemaOfOptions {
  const { select } = flags;
  const place = placesIn(select === undefined ? {} : { select });
  if ('collections' in place) throw new TypeError('--select is given for several collections: a schema is of one');
  const given = Object.entries(flags).filter(([name, value]) => SAME_NAME.includes(name) && value !== undefined);
  const bytes = flags.maxRecordBytes === undefined ? {} : { recordBytesMax: flags.maxRecordBytes };
  return { ...Object.fromEntries(given), ...bytes, ...(place.select !== undefined && { select: place.select }) };
}

export async function schemaOfCollection(directory: string, flags: SideFlags): Promise<Side> {
  const view = await progressView(flags.quiet === true);
  return interruptible(async (signal) => {
    const store = await openStore({ ...flags, store: directory }, { readOnly: true });
    try {
      const { collection = DEFAULT_COLLECTION, fresh, workers } = flags;
      const schema = await store.collection(collection).schema({
        ...{ onProgress: view.show, signal },
        ...(fresh !== undefined && { fresh }),
        ...(workers !== undefined && { workers }),
      });
      const { version } = await store.evolution(collection);
      return { schema, trustShared: store.options.trustShared, stored: { collection, version } };
    } finally {
      view.stop();
      await store.close();
    }
  });
}

// The schema of sources that nobody has imported. The work is an import that stores nothing, with a place of its own for what it writes
// down on the way: a store in the temporary folder, private, which goes with it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ioError } from '../../base/system-errors.js';
import type { ImportOptions } from '../../import/options/types.js';
import type { ProfiledFacts } from '../../import/profile.js';
import type { ImportSource } from '../../import/sequence/named.js';
import { workersFor } from '../../pool/in-process.js';
import { openPlace } from '../../store/lock/recovery.js';
import { profileSources } from './profile-sources.js';
import { Schema } from './schema.js';

/** Options of an import that say what a source is, and which of its records count. */
export type SchemaOfOptions = Pick<
  ImportOptions,
  | (
      | 'select'
      | 'layout'
      | 'include'
      | 'exclude'
      | 'dialect'
      | 'nonfinite'
      | 'onTruncated'
      | 'codec'
      | 'format'
      | 'types'
    )
  | ('where' | 'sample' | 'transform' | 'pick' | 'omit' | 'validate' | 'limit' | 'maxBad' | 'maxBadRatio' | 'onBadFile')
  | ('maxExpansion' | 'maxDecoderMemory' | 'recordBytesMax' | 'depthMax' | 'windowBytes' | 'spanBytes' | 'access')
  | ('workers' | 'onProgress' | 'signal')
> & {
  /** What to do with a bad record: fail, or skip it. Default "fail". */
  readonly onBadRecord?: 'fail' | 'skip' | undefined;
};

/** What `schemaOf` has found. */
export interface SchemaReport extends ProfiledFacts {
  /** What is known of the records. */
  readonly schema: Schema;
}

export async function schemaOfSources(
  sources: ImportSource | readonly ImportSource[],
  options: SchemaOfOptions = {},
): Promise<SchemaReport> {
  const directory = await mkdtemp(join(tmpdir(), 'gristmill-schema-')).catch((cause) => {
    throw ioError(cause, 'make a directory in', tmpdir());
  });
  try {
    const { place, catalog } = await openPlace(directory, { create: true, readOnly: false });
    try {
      const target = { ...place, catalog, startWorkers: (threads: number) => workersFor(place, threads) };
      const { profile, isNamed, ...report } = await profileSources(target, sources, options);
      return { schema: new Schema(profile, isNamed), ...report };
    } finally {
      await catalog.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

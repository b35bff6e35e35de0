// store at rest: [shard]
//
// What a shard's file says of where it comes from (Section.origin): enough to make the index anew from the shards alone,
// should it be lost. Written by imports; a rewritten file keeps what the first one said.

import type { FramingName } from '../kernel/contract.js';
import { Section } from './shard-format.js';
import type { ShardReader } from './shard-read.js';
import type { KeyRule, ShardEntry } from './types.js';

/** What all shards of an import say. */
export interface ImportOrigin {
  /** Number of the import's first shard: no two imports have the same. */
  readonly import: number;
  readonly collection: string;
  readonly mode: 'replace' | 'upsert' | 'insert';
  /** Which of equal keys stays; `error`: there are none. */
  readonly onDuplicate: 'last' | 'first' | 'error';
  readonly framing: FramingName;
  readonly key: KeyRule;
  readonly indexes: readonly string[];
}

export interface ShardOrigin extends ImportOrigin {
  readonly shard: number;
  /** Whether lines are `{"key":…,"value":…}`. */
  readonly named: boolean;
  /** The file's name without its directory: a shard may be given to others. */
  readonly source: ShardEntry['source'];
  /** Number of its source among those of the import. */
  readonly sourceNumber: number;
  readonly sources: number;
  /** Where records of that source begin: its first shard is `from` there. */
  readonly sourceFrom: number;
  /** Whether the source, or the container in it, ended with this span. */
  readonly isLast: boolean;
}

/** Undefined for a file without one. @throws GristmillError CHECKSUM_MISMATCH */
export function originOf(reader: ShardReader): ShardOrigin | undefined {
  const body = reader.sections().get(Section.origin);
  return body && (JSON.parse(body.toString()) as ShardOrigin);
}

// Where a record is, with what is known of its shard.

import type { ShardEntry } from '../types.js';
import type { LineForm } from './line.js';

/** Where a record is, with its shard's entry. */
export interface Place {
  readonly entry: ShardEntry;
  readonly ordinal: number;
  readonly form: LineForm;
  /** The record's line, where the shard is inline. */
  readonly inline?: string;
}

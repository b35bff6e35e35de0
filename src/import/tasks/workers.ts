// Who does the work of an import: threads, or the calling thread for a store in memory and for a small source.

import type { DecodedPart, PartTask } from '../feed/decode-part.js';
import type { MergeResult, MergeTask } from './merge.js';
import type { SpanOrder, SpanResult } from './span.js';

/** The workers that decode parts of compressed sources, scan spans and merge runs. They take any number of tasks at once. */
export interface Workers {
  decode(task: PartTask): Promise<DecodedPart>;
  scan(order: SpanOrder): Promise<SpanResult>;
  merge(task: MergeTask): Promise<MergeResult>;
  /** Every task must have settled. Idempotent. */
  close(): Promise<void>;
}

// [plan] > form > pack: what is planned for the pieces of an export, and the state of the collection that it reads.

import type { Generation } from '../../lookup/index/generation.js';
import type { Lookup } from '../../lookup/lookup.js';
import type { CatalogSnapshot } from '../../store/types.js';
import type { PieceTask } from '../work/task.js';

/** A piece that is to be written by a worker; or frames as they are, where the form allows it: they are being read. */
export type PlannedPiece =
  | { readonly kind: 'written'; readonly task: Pick<PieceTask, 'path' | 'source' | 'isNamed' | 'plainBytes'> }
  | { readonly kind: 'copied'; readonly bytes: Promise<Uint8Array> };

/** One state of a collection, held as long as the export lasts. */
export interface HeldState {
  readonly lookup: Lookup;
  readonly generation: Generation;
  readonly snapshot: CatalogSnapshot;
}

/** Bytes of text of a piece, about: some milliseconds of work, beside which opening a shard is little. */
export const PIECE_BYTES = 2 << 20;

// records > [export]: what a piece of an export takes, and who makes it. A piece is text of some megabytes: records that follow
// each other, in the form of the export, and compressed where pieces can be.

import type { Workers } from '../../import/tasks/workers.js';
import type { Sealed } from '../../store/seal/types.js';
import type { Route } from '../../store/shapes/tree.js';
import type { ShardEntry } from '../../store/types.js';
import type { RecordForm } from '../forms/form.js';
import type { Piece, PiecePacking } from '../pack/piece.js';

/** Where the lines of a piece come from. */
export type PieceSource =
  /** Frames `from` … `to` − 1 of a shard; `dead` marks the lines to leave out, counted from the first one of `from`. */
  | {
      readonly kind: 'frames';
      readonly entry: ShardEntry;
      /** To the shape in which records are exported; undefined: they have it. */
      readonly route: Route | undefined;
      readonly from: number;
      readonly to: number;
      readonly dead: Uint8Array | undefined;
    }
  /** Whole lines. */
  | { readonly kind: 'text'; readonly text: Uint8Array };

export interface PieceTask extends Sealed {
  /** Of the shard, for errors too; of lines the directory of the store. */
  readonly path: string;
  readonly source: PieceSource;
  /** Whether its lines are `{"key":…,"value":…}`. */
  readonly isNamed: boolean;
  /** Whether no record of the export comes before it. */
  readonly isFirst: boolean;
  readonly form: RecordForm;
  readonly packing: PiecePacking;
  /** Bytes of the lines in their frames: about as many has the text, so that its memory need not grow. */
  readonly plainBytes: number;
}

/** A piece that a thread is to write. */
export interface PieceOrder extends PieceTask {
  /** The number that its bytes come with. */
  readonly ticket: number;
}

/** The bytes of a piece, on their way from a thread. */
export interface MovedBytes {
  readonly ticket: number;
  readonly bytes: Uint8Array;
}

/** Who makes pieces. */
export interface Exporters extends Pick<Workers, 'close'> {
  /** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, COLLECTION_MISMATCH */
  piece(task: PieceTask): Promise<Piece>;
}

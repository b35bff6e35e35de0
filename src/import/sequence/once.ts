// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// A pipe or a stream, which is opened once: the plan looks at it before there are workers, the import reads it with them. Plain
// text is read on where the plan has come. What is compressed or converted is begun again, so that the workers can decode it.

import type { PartDecoder } from '../feed/part-feed.js';
import type { Pieces } from '../feed/pieces.js';
import type { RecordedPieces } from '../feed/recorded-pieces.js';
import type { Sequence } from './sequence.js';

/** What the import begins again with. */
interface Again {
  readonly recorded: RecordedPieces;
  open(pieces: Pieces, decoder: PartDecoder | undefined): Promise<Sequence>;
}

export class Once {
  /** The text for the plan. */
  readonly looked: Sequence;
  readonly #again: Again | undefined;
  #opened: Promise<Sequence> | undefined;

  /** @param again absent where the text for the plan is read on */
  constructor(looked: Sequence, again?: Again) {
    this.looked = looked;
    this.#again = again;
  }

  /** The text for the import: from its beginning, or from where the plan has come. */
  open(decoder: PartDecoder | undefined): Promise<Sequence> {
    this.#opened ??= this.#open(decoder);
    return this.#opened;
  }

  /** Closes it, also where nobody has begun to read. Never fails. */
  async close(): Promise<void> {
    await this.looked.closed();
    this.#again?.recorded.close();
    await this.#opened?.then(
      (sequence) => sequence.closed(),
      () => {},
    );
  }

  async #open(decoder: PartDecoder | undefined): Promise<Sequence> {
    const pieces = this.#again?.recorded.again();
    if (this.#again === undefined || pieces === undefined) return this.looked;
    await this.looked.closed();
    return this.#again.open(pieces, decoder);
  }
}

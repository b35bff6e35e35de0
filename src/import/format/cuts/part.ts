// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The parts that a source is cut into, and what cuts it.

import type { Part } from '../../codec/cuts/cutter.js';
import type { ConverterStart } from '../converter.js';

/** A part of a source that is converted. */
export interface FormatPart extends Part {
  /** How to convert it. Absent: it is the beginning of the source. */
  readonly start?: ConverterStart;
}

export interface FormatCutter {
  /**
   * Takes the next bytes. @returns the parts that end in them; after one that is a beginning, nothing is to be pushed
   * @throws as the converter does of the header
   */
  push(piece: Uint8Array): Iterable<FormatPart>;
  /** The source has ended. @returns the last part, if there is one */
  end(): Iterable<FormatPart>;
}

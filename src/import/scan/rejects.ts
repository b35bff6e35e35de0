// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Rejected records of a span: counted, and kept when asked to, each as a line with where, why and its bytes. A line of a
// span's file is the ordinal within the span, a comma, and what follows the ordinal in the line of the quarantine file:
//
// A line that names its file (a span of many files) is whole already.
//
//   17,"offset":1234,"start":1200,"reason":"BAD_NUMBER","message":"not a valid number","bytes":40,"rawBase64":"…"}
//
// Bad records come by the million, a byte each: a line for each would be a hundred times as much. So when a span has rejected
// LINES_OF_THEIR_OWN, those that directly follow one another share a line, from the second of them on: it is that of the second,
// `records` says how many there are, and the bytes are those from its first to the last one's last, with what separates them.
//
// Offsets of a source that is converted to JSON mean nothing to its user: they are those of the user's file, where the
// converter left them in a mark (format/bad-mark.ts), or none.
//
// import/accept/quarantine.ts, which knows how many records came before the span, completes it.

import { BadReason } from '../../kernel/contract.js';
import type { BadOutcome } from '../../kernel/simd/scanner.js';
import type { Blobs, BlobWriter } from '../../store/files/blobs.js';
import { markedRecord } from '../format/bad-mark.js';
import { formatOf } from '../format/coding.js';
import type { SpanFailure, SpanTask } from '../tasks/span.js';

/** Rejected records of a span that have a line each, however near they are. */
export const LINES_OF_THEIR_OWN = 1000;
/** A record is converted in pieces of whole base64 groups: a string of all of it might be beyond the limit of strings. */
const PIECE_BYTES = 3 << 18;
/** Characters that collect before they are written: bad records come by the million, and small. */
const PENDING_MAX = 1 << 16;

export class Rejects {
  count = 0;
  first: SpanFailure | undefined;
  /** Of each record that is not stored, the stored ones before it; where they are asked for. */
  readonly goodBefore: number[] = [];
  readonly #blobs: Blobs;
  readonly #path: string;
  readonly #keeps: boolean;
  readonly #counts: boolean;
  #file: BlobWriter | undefined;
  #pending = '';

  /** @param keeps whether their bytes are kept; @param counts whether `goodBefore` is wanted. */
  constructor(blobs: Blobs, path: string, keeps: boolean, counts: boolean) {
    this.#blobs = blobs;
    this.#path = path;
    this.#keeps = keeps;
    this.#counts = counts;
  }

  /** A good record that is not stored. */
  skip(goodBefore: number): void {
    if (this.#counts) this.goodBefore.push(goodBefore);
  }

  /** @param goodBefore records of the span that are stored before it. @throws GristmillError DISK_FULL, IO_ERROR */
  add(bad: SpanFailure, raw: () => Uint8Array, records: number, goodBefore: number): void {
    if (this.#counts) for (let i = 0; i < records; i++) this.goodBefore.push(goodBefore);
    this.first ??= bad;
    this.count += records;
    if (this.#keeps) this.#keep(bad, raw(), records);
  }

  /** Writes the rejected records that are still in memory, after the last one. @throws GristmillError DISK_FULL, IO_ERROR */
  finish(): void {
    if (this.#pending !== '') this.#flush();
  }

  close(): void {
    this.#file?.close();
  }

  #keep(
    { offset: at, start: from, record, reason, detail, violation, file, converted }: SpanFailure,
    raw: Uint8Array,
    records: number,
  ): void {
    const beginning = file === undefined ? record : `{"file":${JSON.stringify(file.path)},"record":${file.record}`;
    // Offsets of the converted text would mislead.
    const [offset, start] = converted ? [converted.offset ?? 0, converted.offset ?? 0] : [at, from];
    const message = converted?.why ?? detail ?? (reason && BadReason[reason]);
    const facts = {
      ...{ offset, start, reason, message, ...violation, bytes: raw.byteLength },
      ...(records > 1 && { records }),
    };
    this.#write(`${beginning},${JSON.stringify(facts).slice(1, -1)},"rawBase64":"`);
    for (let at = 0; at < raw.byteLength; at += PIECE_BYTES) {
      const piece = raw.subarray(at, at + PIECE_BYTES);
      this.#write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('base64'));
    }
    this.#write('"}\n');
  }

  #write(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= PENDING_MAX) this.#flush();
  }

  #flush(): void {
    this.#file ??= this.#blobs.create(this.#path, 'rejected records');
    this.#file.append(Buffer.from(this.#pending));
    this.#pending = '';
  }
}

/** Why a record is bad, beside its reason, as far as it is known. */
export type Why = Pick<BadOutcome, 'detail' | 'violation'>;

export function whyOf({ detail, violation }: Why): Why {
  return { ...(detail !== undefined && { detail }), ...(violation && { violation }) };
}

/** Whether a bad record is of a source that is converted. */
export function isConverted({ file }: SpanFailure, { path, setup }: Pick<SpanTask, 'path' | 'setup'>): boolean {
  return formatOf(file?.path ?? path, setup.coding) !== undefined;
}

/** The failure and the bytes of a bad record as the user's file has them. @param text as the scan met it */
export function inUsersFile(bad: SpanFailure, text: Uint8Array): [SpanFailure, () => Uint8Array] {
  const marked = markedRecord(text);
  if (marked === undefined) return [{ ...bad, converted: {} }, () => text];
  const { reason, why, offset, line, raw } = marked;
  const converted = { offset, why, ...(line !== undefined && { line }) };
  return [{ ...bad, reason, converted }, () => raw];
}

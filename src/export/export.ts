// records > plan > form > pack: the export of a collection, from its state to bytes.
//
// One state is read from beginning to end, whatever is published meanwhile; nobody waits for the export, and it waits for
// nobody.

import { GristmillError } from '../base/errors.js';
import { replacedMeanwhile } from '../lookup/iterate.js';
import type { Lookup } from '../lookup/lookup.js';
import { NAME_COLUMN } from './forms/csv.js';
import { endsOf, type RecordForm } from './forms/form.js';
import { gzipMember } from './pack/gzip.js';
import { type Piece, type PiecePacking, packText } from './pack/piece.js';
import { brotliStream, singleFrame } from './pack/sequential.js';
import { keysOf, PLAIN, recordPieces, type StartExporters, type Written } from './pieces.js';
import type { HeldState } from './plan/planned.js';
import { type FilledStreamOptions, levelOf } from './work/options.js';

/**
 * The bytes of an export. Each chunk belongs to whoever asks for it.
 * @throws GristmillError COLLECTION_MISMATCH, INDEX_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR, STORE_CLOSED, CANCELLED; TypeError
 */
export async function* exportBytes(
  lookup: Lookup,
  options: FilledStreamOptions,
  startWorkers: StartExporters,
): AsyncGenerator<Uint8Array> {
  const { generation, snapshot } = lookup.hold();
  try {
    const held = { lookup, generation, snapshot };
    const form = await formOf(held, options, startWorkers);
    const { format, compress, level, singleFrame: isSingle, workers } = options;
    const isSequential = compress === 'br' || isSingle;
    const packing: PiecePacking = isSequential ? PLAIN : { codec: compress, level: levelOf(options) };
    // A level that is asked for is that of all frames. Sealed frames are no zstd.
    const isAsStored = format === 'ndjson' && packing.codec === 'zst' && level === undefined;
    const copies = isAsStored && lookup.store.seal === undefined;
    const pieces = allPieces(held, options, { form, packing, copies }, startWorkers);
    if (compress === 'gz') yield* gzipMember(pieces);
    else if (compress === 'br') yield* brotliStream(pieces, levelOf(options), options.signal);
    else if (isSingle) yield* singleFrame(pieces, levelOf(options), workers);
    else for await (const { bytes } of pieces) yield bytes;
  } catch (error) {
    throw replacedMeanwhile(error, lookup.name);
  } finally {
    snapshot.release();
    generation.release();
  }
}

async function formOf(
  held: HeldState,
  options: FilledStreamOptions,
  startWorkers: StartExporters,
): Promise<RecordForm> {
  const { manifest } = held.generation;
  const { format, pretty, columns } = options;
  const isNamed = manifest.framing === 'object';
  switch (format) {
    case 'ndjson':
      return { kind: 'ndjson' };
    case 'csv': {
      const members = columns ?? (await membersOf(held, options, startWorkers));
      return { kind: 'csv', columns: isNamed ? withName(members) : members, isNamed };
    }
    case 'json':
      return isNamed ? { kind: 'object', pretty, keys: undefined } : { kind: 'array', pretty };
    case 'array':
      return { kind: 'array', pretty };
    case 'object':
      return { kind: 'object', pretty, keys: isNamed ? undefined : keysOf(held.generation) };
  }
}

/** @throws GristmillError COLLECTION_MISMATCH */
function withName(members: readonly string[]): readonly string[] {
  if (!members.includes(NAME_COLUMN)) return [NAME_COLUMN, ...members];
  const message = `records have a member ${NAME_COLUMN}, which is the column of their names too: choose other columns`;
  throw new GristmillError('COLLECTION_MISMATCH', message);
}

/** The names of all members of the records, in the order in which they first occur. */
async function membersOf(
  held: HeldState,
  options: FilledStreamOptions,
  startWorkers: StartExporters,
): Promise<readonly string[]> {
  const names = new Set<string>();
  const written: Written = { form: { kind: 'columns' }, packing: PLAIN };
  for await (const { bytes } of recordPieces(held, options, written, startWorkers)) {
    for (const name of JSON.parse(Buffer.from(bytes).toString()) as string[]) names.add(name);
  }
  return [...names];
}

async function* allPieces(
  held: HeldState,
  options: FilledStreamOptions,
  written: Written,
  startWorkers: StartExporters,
): AsyncGenerator<Piece> {
  const { open, close } = endsOf(written.form);
  if (open !== '') yield piece(open, written.packing);
  yield* recordPieces(held, options, written, startWorkers);
  if (close !== '') yield piece(close, written.packing);
}

function piece(text: string, packing: PiecePacking): Piece {
  const plain = Buffer.from(text);
  return { ...packText(plain, packing), plainBytes: plain.byteLength };
}

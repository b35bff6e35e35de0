// records > plan > form > pack: the export of a collection, from its state to bytes.
//
// One state is read from beginning to end, whatever is published meanwhile; nobody waits for the export, and it waits for
// nobody. The coordinator plans pieces of about a megabyte of text, in order; workers write them beside each other; and at most
// a few of them are in flight, in memory that is used again. So the memory does not depend on the size of the collection.

import { GristmillError } from '../base/errors.js';
import { namesOf } from '../keys/key-path.js';
import { replacedMeanwhile } from '../lookup/iterate.js';
import type { Lookup } from '../lookup/lookup.js';
import { inOrder } from '../parallel/in-order.js';
import type { CollectionManifest } from '../store/types.js';
import { NAME_COLUMN } from './forms/csv.js';
import { frameOfForm, type RecordForm } from './forms/form.js';
import { gzipMember } from './pack/gzip.js';
import { type Piece, type PiecePacking, packText } from './pack/piece.js';
import { brotliStream, singleFrame } from './pack/sequential.js';
import { chosenRecords, keyOrder } from './plan/chosen.js';
import { type HeldState, PIECE_BYTES, type PlannedPiece } from './plan/planned.js';
import { sourceOrder } from './plan/source-order.js';
import { type FilledStreamOptions, isSelection, levelOf } from './work/options.js';
import type { Exporters } from './work/task.js';

export type StartExporters = (threads: number) => Exporters;

/** What pieces are written as. */
interface Written {
  readonly form: RecordForm;
  readonly packing: PiecePacking;
}

const PLAIN: PiecePacking = { codec: 'none', level: 0 };

/**
 * The bytes of an export. Each chunk is valid until the next one is asked for.
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
    const { compress, singleFrame: isSingle, workers } = options;
    const isSequential = compress === 'br' || isSingle;
    const packing: PiecePacking = isSequential ? PLAIN : { codec: compress, level: levelOf(options) };
    const pieces = allPieces(held, options, { form, packing }, startWorkers);
    if (compress === 'gz') yield* gzipMember(pieces);
    else if (compress === 'br') yield* brotliStream(pieces, levelOf(options));
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
      return { kind: 'object', pretty, keys: isNamed ? undefined : keysOf(manifest) };
  }
}

function keysOf({ key }: CollectionManifest) {
  return key.kind === 'path' ? namesOf(key.path) : undefined;
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
  const { open, close } = frameOfForm(written.form);
  if (open !== '') yield piece(open, written.packing);
  yield* recordPieces(held, options, written, startWorkers);
  if (close !== '') yield piece(close, written.packing);
}

function piece(text: string, packing: PiecePacking): Piece {
  const plain = Buffer.from(text);
  return { ...packText(plain, packing), plainBytes: plain.byteLength };
}

async function* recordPieces(
  held: HeldState,
  options: FilledStreamOptions,
  { form, packing }: Written,
  startWorkers: StartExporters,
): AsyncGenerator<Piece> {
  const { pieces, isOne } = await lookedInto(await plannedPieces(held, options, { form, packing }));
  const credits = isOne ? 1 : options.workers + 1;
  const free = Array.from({ length: credits }, () => new SharedArrayBuffer(PIECE_BYTES + PIECE_BYTES / 8));
  let workers: Exporters | undefined;
  let isFirst = true;
  const start = async (next: PlannedPiece): Promise<Piece & { readonly into?: SharedArrayBuffer }> => {
    if (next.kind === 'copied') {
      const { reader, from, to } = next;
      return { bytes: await reader.storedFrames(from, to), plainBytes: 0, crc: 0 };
    }
    // One piece is written sooner than a thread is started.
    workers ??= startWorkers(isOne ? 0 : options.workers);
    const into = free.pop()!;
    const task = { ...next.task, isFirst, form, packing, into };
    isFirst = false;
    return { ...(await workers.piece(task)), into };
  };
  try {
    for await (const { result } of inOrder(pieces, credits, start, () => {})) {
      if (options.signal?.aborted) throw new GristmillError('CANCELLED', 'the export was stopped');
      yield result;
      if (result.into !== undefined) free.push(result.into);
    }
  } finally {
    await workers?.close();
  }
}

async function plannedPieces(
  held: HeldState,
  options: FilledStreamOptions,
  { form, packing }: Written,
): Promise<AsyncGenerator<PlannedPiece>> {
  const chooses = isSelection(options);
  const order = options.order ?? (chooses ? 'key' : 'source');
  if (order === 'key') return keyOrder(held, options);
  // A level that is asked for is that of all frames. Sealed frames are no zstd.
  const isStored = form.kind === 'ndjson' && packing.codec === 'zst' && options.level === undefined;
  const chosen = chooses ? await chosenRecords(held, options) : undefined;
  return sourceOrder(held, chosen, isStored && held.lookup.store.seal === undefined);
}

/** Looks whether there is more than one piece. */
async function lookedInto(pieces: AsyncGenerator<PlannedPiece>) {
  const first = await pieces.next();
  const second = first.done ? first : await pieces.next();
  return { pieces: begunWith([first, second], pieces), isOne: second.done === true };
}

async function* begunWith(
  begun: readonly IteratorResult<PlannedPiece, unknown>[],
  rest: AsyncGenerator<PlannedPiece>,
): AsyncGenerator<PlannedPiece> {
  try {
    for (const next of begun) if (!next.done) yield next.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

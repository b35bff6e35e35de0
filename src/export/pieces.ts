// records > plan > form > [pieces] > pack: plans the pieces of an export, and has workers write them, in order. At most a few are in
// flight, so the memory does not depend on the size of the collection.

import { type KeyNames, namesOf } from '../keys/key-path.js';
import type { Generation } from '../lookup/index/generation.js';
import { inOrder } from '../parallel/in-order.js';
import type { RecordForm } from './forms/form.js';
import { type Piece, type PiecePacking, stopped } from './pack/piece.js';
import { chosenRecords, keyOrder } from './plan/chosen.js';
import type { HeldState, PlannedPiece } from './plan/planned.js';
import { sourceOrder } from './plan/source-order.js';
import { type FilledSelection, isSelection } from './work/options.js';
import type { Exporters } from './work/task.js';

export type StartExporters = (threads: number) => Exporters;

/** What pieces are written as. */
export interface Written {
  readonly form: RecordForm;
  readonly packing: PiecePacking;
  /** Whether frames may be copied as they are. */
  readonly copies?: boolean;
}

export const PLAIN: PiecePacking = { codec: 'none', level: 0 };

/** Where records have their keys. Undefined for names and ordinals. */
export function keysOf({ manifest: { key }, forms }: Generation): KeyNames | undefined {
  return key.kind === 'path' ? namesOf(forms.pathIn(key.path)) : undefined;
}

/** Which records are exported, and in which order. */
type Ordered = FilledSelection & { readonly order?: 'source' | 'key' | undefined };

/** @throws GristmillError CANCELLED, and what reading throws */
export async function* recordPieces(
  held: HeldState,
  options: Ordered,
  written: Written,
  startWorkers: StartExporters,
): AsyncGenerator<Piece> {
  const { pieces, isOne } = await lookedInto(await plannedPieces(held, options, written));
  const { form, packing } = written;
  const credits = isOne ? 1 : options.workers + 1;
  let workers: Exporters | undefined;
  let isFirst = true;
  const start = async (next: PlannedPiece): Promise<Piece> => {
    if (next.kind === 'copied') return { bytes: await next.bytes, plainBytes: 0, crc: 0 };
    const { source, plainBytes } = next.task;
    if (source.kind === 'text' && form.kind === 'ndjson' && packing.codec === 'none') {
      return { bytes: source.text, plainBytes, crc: 0 };
    }
    // One piece is written sooner than a thread is started.
    workers ??= startWorkers(isOne ? 0 : options.workers);
    const task = { ...next.task, isFirst, form, packing };
    isFirst = false;
    return workers.piece(task);
  };
  try {
    for await (const { result } of inOrder(pieces, credits, start, () => {})) {
      if (options.signal?.aborted) throw stopped();
      yield result;
    }
  } finally {
    await workers?.close();
  }
}

async function plannedPieces(
  held: HeldState,
  options: Ordered,
  { copies = false }: Written,
): Promise<AsyncGenerator<PlannedPiece>> {
  const chooses = isSelection(options);
  if ((options.order ?? (chooses ? 'key' : 'source')) === 'key') return keyOrder(held, options);
  return sourceOrder(held, chooses ? await chosenRecords(held, options) : undefined, copies);
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

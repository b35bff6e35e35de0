// The four shapes of file a dataset is written in. The records are the same, token for token, in each of them.

import { Pretty } from './pretty.js';

export type Form = 'ndjson' | 'array' | 'pretty' | 'object';

export const FORMS: readonly Form[] = ['ndjson', 'array', 'pretty', 'object'];

/** What a form needs to know of a dataset. */
export interface RecordSource {
  recordAt(seed: number, ordinal: number): string;
  keyAt(seed: number, ordinal: number): string;
}

export interface ChunkOptions {
  readonly form: Form;
  readonly seed: number;
  /** Records are made until their compact text and a separator each come to this: each form then has as many records. */
  readonly bytes: number;
}

/** A piece of the file; `bytes` is overwritten when the next piece is asked for. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Records made so far. */
  readonly records: number;
}

const CHUNK_BYTES = 4 * 2 ** 20;
// Far above what the generators make: the buffer has room for one more record whenever it is not full.
const RECORD_BYTES_MAX = 2 ** 18;

const FRAMES: Record<Form, { readonly open: string; readonly between: string; readonly close: string }> = {
  ndjson: { open: '', between: '\n', close: '\n' },
  array: { open: '[', between: ',', close: ']' },
  pretty: { open: '[', between: ',', close: ']' },
  object: { open: '{', between: ',', close: '}' },
};

function* compactChunks(source: RecordSource, { form, seed, bytes }: ChunkOptions): Generator<Chunk> {
  const { open, between, close } = FRAMES[form];
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES + RECORD_BYTES_MAX);
  let used = buffer.write(open);
  let records = 0;
  let recordBytes = 0;
  do {
    if (records > 0) used += buffer.write(between, used);
    if (form === 'object') used += buffer.write(`"${source.keyAt(seed, records)}":`, used);
    const written = buffer.write(source.recordAt(seed, records), used);
    used += written;
    // Counted alike in every form, whatever is written around the records: so every form stops at the same one.
    recordBytes += written + 1;
    records++;
    if (used >= CHUNK_BYTES) {
      yield { bytes: buffer.subarray(0, used), records };
      used = 0;
    }
  } while (recordBytes < bytes);
  used += buffer.write(close, used);
  yield { bytes: buffer.subarray(0, used), records };
}

/** The file, piece by piece. */
export function* chunks(source: RecordSource, options: ChunkOptions): Generator<Chunk> {
  if (options.form !== 'pretty') return yield* compactChunks(source, options);
  const pretty = new Pretty();
  for (const { bytes, records } of compactChunks(source, options)) yield { bytes: pretty.write(bytes), records };
}

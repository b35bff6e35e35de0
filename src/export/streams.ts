// records > plan > form > pack > [stream]: the bytes of an export as a stream of Node and as one of the Web. Both ask for the
// next chunk when there is room for it. Ending one early ends the export: its threads, and its hold on the state it reads.

import { Readable } from 'node:stream';

/** Bytes. Each chunk belongs to whoever asks for it. */
type Chunks = AsyncGenerator<Uint8Array>;

/** Makes the chunks when they are first asked for. */
export class ExportStream extends Readable {
  readonly #chunks: Chunks;

  constructor(chunks: Chunks) {
    super();
    this.#chunks = chunks;
  }

  override _read(): void {
    nextOf(this.#chunks).then(
      (chunk) => this.push(chunk ?? null),
      (error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#chunks.return(undefined).then(
      () => done(error),
      (failed) => done(error ?? failed),
    );
  }
}

export function webStream(chunks: Chunks): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = await nextOf(chunks);
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      async cancel() {
        await chunks.return(undefined);
      },
    },
    // Nothing is read before it is asked for.
    { highWaterMark: 0 },
  );
}

/** The next chunk that has bytes; undefined at the end. */
async function nextOf(chunks: Chunks): Promise<Uint8Array | undefined> {
  for (;;) {
    const next = await chunks.next();
    if (next.done) return undefined;
    if (next.value.byteLength > 0) return next.value;
  }
}

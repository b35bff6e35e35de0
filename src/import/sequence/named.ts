// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// What the caller of an import may give as a source, and the name of each.

import { type StreamSource, streamPieces } from '../feed/pieces.js';
import { isRemote, pathsOf } from '../names/sources.js';
import { addressesOf, archiveOf, nameOfRemote, remoteOpener } from './remote.js';
import { type StreamOpener, Streams } from './streams.js';

/**
 * A source: the path of a file or folder, a pattern, a `file:` URL; the address of a remote object (`https:`, `http:`,
 * `s3:`); or something that gives bytes, texts or records: a stream of Node or of the web, a Blob, bytes, an iterable,
 * an asynchronous iterable. A stream is read once, from its current position. Each value in it that is neither bytes
 * nor text becomes a record.
 */
export type ImportSource = string | URL | Blob | ArrayBuffer | StreamSource;

/** The sources by their names, in order, and those that can be read only once. */
interface Named {
  readonly names: readonly string[];
  readonly streams: Streams;
}

/**
 * An array of objects is one source: its records. @throws TypeError for what is no source, and for a stream that is given
 * twice; the errors of a service that is asked for the objects of a pattern
 */
export async function namedSources(
  given: ImportSource | readonly ImportSource[],
  signal: AbortSignal | undefined,
): Promise<Named> {
  const list = Array.isArray(given) && !isRecords(given) ? (given as ImportSource[]) : [given as ImportSource];
  if (list.length === 0) throw new TypeError('an import needs at least one source');
  const known = new Set<unknown>();
  const names: string[] = [];
  const streams = new Map<string, StreamOpener>();
  for (const source of list) {
    if (isRemote(source)) {
      const { whole, glob } = archiveOf(source);
      for (const address of await addressesOf(whole, signal)) {
        const name = unlike(nameOfRemote(address), streams);
        names.push(name);
        streams.set(name, { ...remoteOpener(address), ...(glob !== undefined && { glob }) });
      }
      continue;
    }
    const stream = streamOf(source);
    if (stream === undefined) names.push(...pathsOf([source as string | URL]));
    else {
      if (known.has(stream)) throw new TypeError('a stream can be read once, but is given twice');
      known.add(stream);
      const name = stream === process.stdin ? 'standard input' : `stream ${known.size}`;
      names.push(name);
      streams.set(name, { pieces: (format) => streamPieces(name, stream, format), isOnce: true });
    }
  }
  return { names, streams: new Streams(streams) };
}

/** Addresses that differ only in what is not shown have a number. */
export function unlike(name: string, others: { has(name: string): boolean }): string {
  let unlike = name;
  for (let number = 2; others.has(unlike); number++) unlike = `${name} (${number})`;
  return unlike;
}

/** Whether an array holds records, and no sources. */
function isRecords(array: readonly unknown[]): boolean {
  return array.length > 0 && array.every((one) => typeof one === 'object' && one !== null && !isSource(one));
}

function isSource(one: object): boolean {
  return one instanceof URL || (!Array.isArray(one) && streamOf(one) !== undefined);
}

function streamOf(source: unknown): StreamSource | undefined {
  if (typeof source !== 'object' || source === null || source instanceof URL) return undefined;
  if (source instanceof Blob) return source.stream();
  if (ArrayBuffer.isView(source)) return [new Uint8Array(source.buffer, source.byteOffset, source.byteLength)];
  if (source instanceof ArrayBuffer) return [new Uint8Array(source)];
  const isStream = Symbol.asyncIterator in source || source instanceof ReadableStream || Symbol.iterator in source;
  return isStream ? (source as StreamSource) : undefined;
}

// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Looks at every source before anything is read in earnest: is it there, is it JSON, where do its records begin, how are
// they laid out, into which spans is it cut. Spans have a size that depends on the source alone, so the shards are the
// same bytes whatever the number of workers.

import { GristmillError } from '../errors.js';
import type { FramingName } from '../kernel/contract.js';
import { SPAN_BYTES_MAX, SPAN_BYTES_MIN } from '../limits.js';
import { detectShape, HEAD_BYTES, type Head, skipMark } from './detect.js';
import { DocumentWalker, parsePointer } from './document.js';
import { type Fingerprint, SourceFile } from './source-file.js';
import type { Shape } from './types.js';

/** One source, looked at. */
export interface SourcePlan {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly shape: Shape;
  readonly framing: FramingName;
  /** Where the records begin: after a byte order mark, or after the container's opening bracket. */
  readonly from: number;
  readonly spans: readonly Span[];
  /** What must follow the container; absent where records fill the source to its end. */
  readonly rest?: DocumentWalker;
}

/** A byte range of a source, for one worker; it holds the records whose boundary lies in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface PlanOptions {
  readonly select?: string;
  readonly shape?: Shape;
  readonly spanBytes?: number;
  readonly depthMax: number;
}

const FRAMINGS: Readonly<Record<Shape, FramingName>> = { ndjson: 'lines', values: 'values', array: 'array', object: 'object' };

/** @throws SOURCE_… and SELECT_… errors */
export function planSource(path: string, options: PlanOptions): SourcePlan {
  const file = SourceFile.open(path, 'read');
  try {
    const bytes = file.fingerprint.bytes;
    const start = firstByte(file);
    const head = headAt(file, start);
    const shape = options.select === undefined ? (options.shape ?? detectShape(head, 0)) : undefined;
    if (shape === 'ndjson' || shape === 'values') {
      return { path, fingerprint: file.fingerprint, shape, framing: FRAMINGS[shape], from: start, spans: cut(start, bytes, options) };
    }
    const rest = new DocumentWalker(parsePointer(options.select ?? ''), path, options.depthMax);
    const container = findContainer(file, rest, start);
    if (options.shape && options.shape !== container.framing) {
      const message = `${path} holds one ${container.framing} there, not ${options.shape}; leave --shape out to have it detected.`;
      throw new GristmillError('SOURCE_NOT_JSON', message, { file: path, offset: container.from - 1 });
    }
    const { framing, from } = container;
    return { path, fingerprint: file.fingerprint, shape: framing, framing, from, spans: cut(from, bytes, options), rest };
  } finally {
    file.close();
  }
}

/** After the container: the rest of the document must be valid too. @throws SOURCE_TRUNCATED, SOURCE_NOT_JSON, SOURCE_TRAILING_BYTES */
export function checkRest(plan: SourcePlan, from: number): void {
  if (!plan.rest) return;
  const file = SourceFile.open(plan.path, 'read', plan.fingerprint);
  try {
    plan.rest.leaveContainer();
    walkOn(file, plan.rest, from);
    plan.rest.finish(plan.fingerprint.bytes);
  } finally {
    file.close();
  }
}

/** Offset of the first byte that is neither a byte order mark nor blank. @throws SOURCE_EMPTY, SOURCE_UTF16 */
function firstByte(file: SourceFile): number {
  let at = skipMark(headAt(file, 0));
  for (;;) {
    const head = headAt(file, at);
    const text = head.bytes.findIndex((c) => c !== 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d);
    if (text !== -1) return at + text;
    if (head.isAll) {
      const what = file.fingerprint.bytes === 0 ? 'is empty' : 'holds nothing but white space';
      throw new GristmillError('SOURCE_EMPTY', `${file.path} ${what}; there is nothing to import.`, { file: file.path });
    }
    at += head.bytes.byteLength;
  }
}

function headAt(file: SourceFile, from: number): Head {
  const bytes = new Uint8Array(Math.min(HEAD_BYTES, file.fingerprint.bytes - from));
  file.read(bytes, from);
  return { path: file.path, bytes, isAll: from + bytes.byteLength === file.fingerprint.bytes };
}

function findContainer(file: SourceFile, walker: DocumentWalker, from: number) {
  const container = walkOn(file, walker, from);
  if (container) return container;
  walker.finish(file.fingerprint.bytes);
  throw new Error('a document that ended without its container was accepted: a bug in gristmill');
}

function walkOn(file: SourceFile, walker: DocumentWalker, from: number) {
  for (let at = from; at < file.fingerprint.bytes; ) {
    const head = headAt(file, at);
    const container = walker.walk(head.bytes, at);
    if (container) return container;
    at += head.bytes.byteLength;
  }
  return undefined;
}

/** Spans of equal size; a source of a gigabyte or more is cut at 64 MiB, smaller ones into about sixteen. */
function cut(from: number, to: number, options: PlanOptions): Span[] {
  const sixteenth = 2 ** Math.ceil(Math.log2(Math.max(1, to - from) / 16));
  const spanBytes = options.spanBytes ?? Math.min(SPAN_BYTES_MAX, Math.max(SPAN_BYTES_MIN, sixteenth));
  const spans: Span[] = [];
  for (let at = from; at < to || spans.length === 0; at += spanBytes) {
    spans.push({ from: at, to: Math.min(to, at + spanBytes) });
  }
  return spans;
}

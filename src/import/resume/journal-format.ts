// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// The lines of an import's journal (docs/format.md), encode beside decode. Each is its XXH64 in hexadecimal, a blank and
// JSON; the first says what is imported and how. What a killed process or a power cut left of the last line does not
// match its checksum, and the journal ends before it.
//
// In an encrypted store a line has a box (store/sealed/box.ts) in base64 instead of JSON. The number of the line and the id of the
// import are authenticated with it.

import { xxh64 } from '../../store/files/checksum.js';
import type { SealKeys } from '../../store/seal/types.js';
import { calledAs, openBox, sealBox } from '../../store/sealed/box.js';
import type { RecordedSpan } from '../plan/span-job.js';
import type { Duplicate, Run, SpanFailure, SpanResult } from '../tasks/span.js';
import { journalHeaderCheck, journalSpanCheck } from './journal-schema.js';

const VERSION = 1;
const NEWLINE = '\n'.charCodeAt(0);
const CHECKSUM_DIGITS = 16;

export interface JournalHeader {
  readonly version: typeof VERSION;
  /** Everything that the result depends on: sources with fingerprints, and options. Equal text means equal result. */
  readonly sources: string;
  readonly options: string;
}

export interface JournalSpan extends RecordedSpan {
  /** Bytes of the quarantine file when the span was accepted. */
  readonly quarantineBytes: number;
}

interface JournalText {
  readonly header: JournalHeader;
  readonly spans: readonly JournalSpan[];
  /** Bytes of the journal up to the end of the header and of each span. */
  readonly ends: readonly number[];
}

export function newHeader(sources: string, options: string): JournalHeader {
  return { version: VERSION, sources, options };
}

/** How the lines of a journal in an encrypted store are sealed. */
export interface JournalSeal {
  readonly keys: SealKeys;
  readonly path: string;
}

/** @param number of the line, from 0 */
export function encodeLine(value: object, seal?: JournalSeal, number = 0): Buffer {
  const json = JSON.stringify(value);
  const text = seal ? sealBox(seal.keys, 'journal', Buffer.from(json), aboutOf(seal, number)).toString('base64') : json;
  return Buffer.from(`${checksumOf(Buffer.from(text))} ${text}\n`);
}

function aboutOf({ path }: JournalSeal, number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return Buffer.concat([bytes, calledAs(path)]);
}

/** As far as its lines are whole and such as an import writes; undefined when not even the header is, or it is of another version. */
export function decodeJournal(bytes: Buffer, seal?: JournalSeal): JournalText | undefined {
  const values: unknown[] = [];
  const ends: number[] = [];
  for (let at = 0, end = bytes.indexOf(NEWLINE); end !== -1; at = end + 1, end = bytes.indexOf(NEWLINE, at)) {
    const text = bytes.subarray(at + CHECKSUM_DIGITS + 1, end);
    if (bytes.toString('latin1', at, at + CHECKSUM_DIGITS + 1) !== `${checksumOf(text)} `) break;
    const json = seal
      ? openBox(seal.keys, 'journal', Buffer.from(text.toString(), 'base64'), aboutOf(seal, values.length))
      : text;
    if (json === undefined) break;
    const value = parsed(json);
    if ((values.length === 0 ? journalHeaderCheck : journalSpanCheck)(value) !== undefined) break;
    values.push(value);
    ends.push(end + 1);
  }
  const [header, ...spans] = values as [JournalHeader | undefined, ...PlainSpan[]];
  if (header?.version !== VERSION) return undefined;
  return { header, spans: spans.map(decodeSpan), ends };
}

function parsed(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString());
  } catch {
    return undefined;
  }
}

function checksumOf(bytes: Buffer): string {
  return xxh64(bytes).toString(16).padStart(CHECKSUM_DIGITS, '0');
}

export function encodeSpan(span: JournalSpan) {
  // A profile is of other spans, too: after a resumption it is made of the shards (kept-profile.ts).
  const { losers, goodBefore, addedAt, duplicate, fileRecords, firstRejected, runs, profile: _, ...rest } = span.result;
  return {
    ...span,
    result: {
      ...rest,
      ...(firstRejected && { firstRejected: encodeFailure(firstRejected) }),
      losers: base64(losers),
      ...(goodBefore && { goodBefore: base64(goodBefore) }),
      ...(addedAt && { addedAt: base64(addedAt) }),
      ...(fileRecords && { fileRecords: base64(fileRecords) }),
      ...(duplicate && { duplicate: { ...duplicate, key: base64(duplicate.key) } }),
      runs: runs.map((run) => ({ ...run, chunkBytes: base64(run.chunkBytes), fences: base64(run.fences) })),
    },
  };
}

type PlainSpan = ReturnType<typeof encodeSpan>;

function decodeSpan(span: PlainSpan): JournalSpan {
  const { losers, goodBefore, addedAt, duplicate, fileRecords, firstRejected, runs, ...rest } = span.result;
  const result: SpanResult = {
    ...rest,
    ...(firstRejected && { firstRejected: decodeFailure(firstRejected) }),
    losers: numbers(losers),
    ...(goodBefore !== undefined && { goodBefore: numbers(goodBefore) }),
    ...(addedAt !== undefined && { addedAt: numbers(addedAt) }),
    ...(fileRecords !== undefined && { fileRecords: numbers(fileRecords) }),
    ...(duplicate && { duplicate: { ...duplicate, key: octets(duplicate.key) } satisfies Duplicate }),
    runs: runs.map((run): Run => ({ ...run, chunkBytes: numbers(run.chunkBytes), fences: octets(run.fences) })),
  };
  return { ...span, result };
}

/** Numbers beyond those of JSON as text. */
function encodeFailure({ file, ...rest }: SpanFailure) {
  if (file === undefined) return rest;
  const { device, inode, modifiedNs, ...others } = file.fingerprint;
  const texts = { device: String(device), inode: String(inode), modifiedNs: String(modifiedNs) };
  return { ...rest, file: { ...file, fingerprint: { ...others, ...texts } } };
}

function decodeFailure(plain: ReturnType<typeof encodeFailure>): SpanFailure {
  if (!('file' in plain)) return plain;
  const { device, inode, modifiedNs, ...others } = plain.file.fingerprint;
  const numbers = { device: BigInt(device), inode: BigInt(inode), modifiedNs: BigInt(modifiedNs) };
  return { ...plain, file: { ...plain.file, fingerprint: { ...others, ...numbers } } };
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function octets(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function numbers(text: string): Uint32Array {
  return new Uint32Array(octets(text).buffer);
}

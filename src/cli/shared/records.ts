// JSON that a command reads whole: from a file or from stdin, by the rules of an import. A byte order mark is skipped, UTF-16
// is refused, a compressed file is decompressed, and a file that is missing or cannot be read is the same error with the same exit
// code. A pipe will do too.

import { fstatSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { GristmillError } from '../../base/errors.js';
import { DECODER_BYTES_DEFAULT, DEPTH_DEFAULT, EXPANSION_DEFAULT, RECORD_BYTES_DEFAULT } from '../../base/limits.js';
import { snippetOf } from '../../base/snippet.js';
import type { CodecName } from '../../import/codec/codec.js';
import { CODEC_HEAD_BYTES, codecOf } from '../../import/codec/recognise.js';
import { markBytes } from '../../import/source/detect.js';
import { openSource } from '../../import/source/open.js';
import { BadReason } from '../../kernel/contract.js';
import { countNewlines } from '../../kernel/plain/bytes.js';

/** Names stdin, where a path is expected. */
const STANDARD_INPUT = '-';
const STDIN = 0;

/**
 * Reads the JSON values of a file, one after another, as texts that keep all tokens as spelled.
 * @param file a path, or `-` for stdin
 * @throws GristmillError SOURCE_NOT_FOUND, SOURCE_NOT_READABLE, SOURCE_NOT_A_FILE, SOURCE_UTF16; BAD_RECORD with its place
 */
export async function readRecords(file: string): Promise<readonly string[]> {
  const isStandard = file === STANDARD_INPUT;
  const path = isStandard ? 'standard input' : file;
  const bytes = isStandard ? await standardInput() : await bytesOf(file);
  const mark = markBytes({ path, offset: 0, bytes, isAll: true });
  const { scanPlain } = await import('../../kernel/plain/kernel.js');
  const limits = { depthMax: DEPTH_DEFAULT, recordBytesMax: RECORD_BYTES_DEFAULT };
  const { records, bad } = scanPlain(bytes.subarray(mark), { layout: 'values', secondary: [], ...limits });
  if (bad[0] === undefined) return records.map(({ line }) => line);
  const { reason, record } = bad[0];
  const offset = mark + bad[0].offset;
  const line = 1 + countNewlines(bytes, offset);
  const snippet = snippetOf(bytes, offset);
  const where = `${path}, byte ${offset} (line ${line})`;
  const message = `record ${record} is bad at ${where}: ${BadReason[reason]}; nothing was changed`;
  throw new GristmillError('BAD_RECORD', message, { file: path, offset, line, record, reason, snippet });
}

/** The text of a file, or of stdin for `-`. @throws as `readRecords`, but for BAD_RECORD */
export async function readText(file: string): Promise<string> {
  const bytes = file === STANDARD_INPUT ? await standardInput() : await bytesOf(file);
  const mark = markBytes({ path: file, offset: 0, bytes, isAll: true });
  return Buffer.from(bytes.subarray(mark)).toString();
}

async function bytesOf(file: string): Promise<Uint8Array> {
  if (isStream(file)) return readFile(file);
  const source = openSource(file);
  try {
    const codec = codecOf(file, source.bytesAt(0, CODEC_HEAD_BYTES));
    return codec === undefined ? source.bytesAt(0, source.end) : await decoded(file, codec);
  } finally {
    source.close();
  }
}

/** The text of a compressed file, within the limits of an import. @throws SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_EXPANDS */
async function decoded(file: string, codec: CodecName): Promise<Uint8Array> {
  const { openPlain, withDecoders } = await import('../../import/sequence/plain.js');
  const how = {
    ...({ codec, format: 'json', types: undefined, key: undefined } as const),
    ...{
      maxExpansion: EXPANSION_DEFAULT,
      maxDecoderMemory: DECODER_BYTES_DEFAULT,
      recordBytesMax: RECORD_BYTES_DEFAULT,
    },
  };
  const source = await withDecoders(() => openPlain(file, { how, coding: { codec } }));
  try {
    return source.bytesAt(0, source.end);
  } finally {
    source.close();
  }
}

/** A pipe or a device. What cannot be looked at is none: opening it says why. */
function isStream(file: string): boolean {
  try {
    const stat = statSync(file);
    return stat.isFIFO() || stat.isCharacterDevice();
  } catch {
    return false;
  }
}

async function standardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    // Node takes a folder for a stream without bytes.
    if (fstatSync(STDIN).isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
    for await (const chunk of process.stdin) chunks.push(chunk);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new GristmillError('SOURCE_NOT_READABLE', `standard input cannot be read (${code ?? message}).`, { cause });
  }
  return Buffer.concat(chunks);
}

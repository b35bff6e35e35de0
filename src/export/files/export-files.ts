// records > plan > form > [files]: a file for each record. Workers make the names and texts of records; the coordinator writes
// the files, some at a time, into a directory with a temporary name. It gets its name when all of them are durable.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { syncFileSystem } from '../../base/native/sync-file-system.js';
import { ioError } from '../../base/system-errors.js';
import { replacedMeanwhile } from '../../lookup/iterate.js';
import type { Lookup } from '../../lookup/lookup.js';
import { syncDirectorySoon, syncFile } from '../../store/files/io.js';
import { checkTemplate, numbered } from '../forms/file-name.js';
import type { Piece } from '../pack/piece.js';
import { keysOf, PLAIN, recordPieces, type StartExporters } from '../pieces.js';
import type { FilledFilesOptions } from '../work/options.js';

/** What `exportFiles` has written. */
export interface FilesReport {
  /** The number of files. */
  readonly files: number;
  /** Their bytes of text. */
  readonly bytes: number;
}

/** Files written at a time: enough to keep Node's threads for files busy. */
const LANES = 16;
const NUL = 0;

/**
 * @throws GristmillError IO_ERROR for a directory that has files, DISK_FULL, CHECKSUM_MISMATCH, STORE_CLOSED, CANCELLED: then
 * nothing has the name of the directory. TypeError for a wrong option
 */
export async function exportFiles(
  lookup: Lookup,
  directory: string,
  options: FilledFilesOptions,
  startWorkers: StartExporters,
): Promise<FilesReport> {
  const target = resolve(directory);
  const { generation, snapshot } = lookup.hold();
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const { key, framing } = generation.manifest;
    const hasKeys = key.kind !== 'ordinal' || framing === 'object';
    const template = options.name ?? (hasKeys ? '{key}.json' : '{n}.json');
    checkTemplate(template, hasKeys);
    const isThere = await isEmptyDirectory(target);
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    const form = { kind: 'files', template, pretty: options.pretty, keys: keysOf(generation) } as const;
    const held = { lookup, generation, snapshot };
    const pieces = recordPieces(held, { ...options, order: 'source' }, { form, packing: PLAIN }, startWorkers);
    const report = await writeAll(temporary, pieces);
    await syncAll(temporary);
    if (isThere) await rmdir(target);
    await rename(temporary, target);
    await syncDirectorySoon(dirname(target));
    return report;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    const known = replacedMeanwhile(error, lookup.name) as Error;
    throw 'syscall' in known ? ioError(known, 'write files to', directory) : known;
  } finally {
    snapshot.release();
    generation.release();
  }
}

/** @returns whether it is there @throws GristmillError IO_ERROR if it has files, or is none */
async function isEmptyDirectory(path: string): Promise<boolean> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw ioError(error, 'write files to', path);
  });
  if (names === undefined || names.length === 0) return names !== undefined;
  const message = `cannot write files to ${path}: the directory has files; name a new one`;
  throw new GristmillError('IO_ERROR', message, { file: path });
}

async function writeAll(directory: string, pieces: AsyncIterable<Piece>): Promise<FilesReport> {
  const made = new Set([directory]);
  let files = 0;
  let bytes = 0;
  for await (const piece of pieces) {
    const records = [...recordsIn(Buffer.from(piece.bytes))];
    const first = files;
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let i = next++; i < records.length; i = next++) {
        const { path, text } = records[i]!;
        const file = join(directory, numbered(path, first + i));
        await makeDirectory(dirname(file), made);
        await writeFile(file, text, { flag: 'wx', mode: 0o600 });
        bytes += text.byteLength;
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
    for (const { status, ...rest } of lanes) if (status === 'rejected') throw (rest as PromiseRejectedResult).reason;
    files += records.length;
  }
  return { files, bytes };
}

async function makeDirectory(path: string, made: Set<string>): Promise<void> {
  if (made.has(path)) return;
  await mkdir(path, { recursive: true, mode: 0o700 });
  made.add(path);
}

/** The records of a piece: path and text of each, both ended by a NUL, which no text of JSON has. */
function* recordsIn(piece: Buffer): Generator<{ readonly path: string; readonly text: Buffer }> {
  for (let at = 0; at < piece.byteLength; ) {
    const pathEnd = piece.indexOf(NUL, at);
    const textEnd = piece.indexOf(NUL, pathEnd + 1);
    yield { path: piece.toString('utf8', at, pathEnd), text: piece.subarray(pathEnd + 1, textEnd) };
    at = textEnd + 1;
  }
}

/** Makes all files below a directory durable. */
async function syncAll(directory: string): Promise<void> {
  if (await syncFileSystem(directory)) return;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    await (entry.isDirectory() ? syncAll(path) : syncFile(path));
  }
  await syncDirectorySoon(directory);
}

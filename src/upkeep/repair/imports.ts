// [repair]: shards > entries > pages > index in place
//
// Case b: which imports decide what the collections hold, and which of them may never have been published.
//
// Writers take turns, and the next one removes what one that was killed has left. So an import is settled, published for
// certain, when a file was written after its own: by another import, or by compaction, which only rewrites what is
// published. Only the last import may not be, and only when it was killed: then its directory under `tmp/` is there. An
// import that can be resumed keeps its files longer; its journal says which they are. Whether all spans of an import have
// a shard proves nothing: a span without records has none.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JOURNAL_READ_BYTES_MAX } from '../../base/limits.js';
import { decodeJournal, type JournalSpan } from '../../import/resume/journal-format.js';
import type { Blobs } from '../../store/files/blobs.js';
import { FileWindow } from '../../store/files/file-window.js';
import { INDEX_PREFIX, journalPath, TEMPORARY_DIRECTORY } from '../../store/files/layout.js';
import type { ShardOrigin } from '../../store/shards/origin.js';
import type { Part } from '../salvage/parts.js';
import type { RepairReport } from './options.js';

const NEWLINE = Buffer.from('\n');

/** A file that says what it is. */
export interface Found extends Part {
  readonly origin: ShardOrigin;
  /** That of its records. */
  readonly shape: number;
  readonly shard: number;
  readonly fileNumber: number;
  readonly file: string;
}

/** The shards of one import. */
export interface Import {
  readonly origin: ShardOrigin;
  readonly shards: Found[];
}

export interface ChosenImport extends Import {
  /** Whether it was published cannot be told: its records must not replace any others. */
  readonly isDoubtful: boolean;
}

export interface Choice extends Pick<RepairReport, 'unused' | 'notes'> {
  /** Oldest first. */
  readonly imports: readonly ChosenImport[];
}

interface StoreFiles {
  readonly store: string;
  readonly blobs: Blobs;
}

/** @param damaged numbers of the files that do not say what they are. */
export function chooseImports(place: StoreFiles, imports: readonly Import[], damaged: ReadonlySet<number>): Choice {
  for (const { shards } of imports) shards.sort((left, right) => left.shard - right.shard);
  const inOrder = [...imports].sort((left, right) => left.shards[0]!.shard - right.shards[0]!.shard);
  const doubtful = doubtfulImports(place, imports);
  let used: ChosenImport[] = [];
  const unused: RepairReport['unused'][number][] = [];
  const drop = ({ shards }: Import, why: string): void =>
    void unused.push(...Array.from(new Set(shards.map(({ file }) => file)), (file) => ({ file, why })));
  for (const one of inOrder) {
    const { origin } = one;
    const older = used.filter((other) => other.origin.collection === origin.collection);
    const isDoubtful = doubtful.has(one);
    if (isDoubtful && older.length > 0 && !canJoin(origin, older)) {
      drop(one, `it is not known whether its import was published, and the collection that it would replace exists`);
      continue;
    }
    if (origin.mode === 'replace' && !isDoubtful) {
      for (const other of older) drop(other, `collection ${origin.collection} was replaced later`);
      used = used.filter((other) => !older.includes(other));
    }
    used.push({ ...one, isDoubtful });
  }
  return { imports: used, unused, notes: used.flatMap((one) => [...notesOn(one, damaged)]) };
}

function doubtfulImports(place: StoreFiles, imports: readonly Import[]): ReadonlySet<Import> {
  const { journals, others } = killedImports(place);
  let newest = 0;
  for (const { shards } of imports) for (const { fileNumber } of shards) newest = Math.max(newest, fileNumber);
  // Imports that one transaction publishes have one fate.
  const groupOf = ({ origin }: Import) => origin.together ?? origin.import;
  const last = imports.filter(({ shards }) => shards.some(({ fileNumber }) => fileNumber === newest)).map(groupOf);
  return new Set(
    imports.filter((one) => {
      const { origin, shards } = one;
      if (shards.some(({ shard, fileNumber }) => shard !== fileNumber)) return false;
      return journals.has(origin.import) || (others > 0 && last.includes(groupOf(one)));
    }),
  );
}

/** What is under `tmp/`: the imports whose journals say which they are, by number, and how many others. */
function killedImports({ store, blobs }: StoreFiles): {
  readonly journals: ReadonlySet<number>;
  readonly others: number;
} {
  const temporary = join(store, TEMPORARY_DIRECTORY);
  const journals = new Set<number>();
  let others = 0;
  for (const id of existsSync(temporary) ? readdirSync(temporary) : []) {
    if (id.startsWith(INDEX_PREFIX)) continue;
    const path = journalPath(store, id);
    const first = existsSync(path) ? firstSpan(blobs, path) : undefined;
    if (first === undefined) others++;
    else journals.add(first.shard);
  }
  return { journals, others };
}

/** Spans are accepted in order, and the first has the number of the import: two lines of the journal say it. */
function firstSpan(blobs: Blobs, path: string): JournalSpan | undefined {
  const file = blobs.open(path, 'journal');
  try {
    const window = new FileWindow(file);
    if (window.size > JOURNAL_READ_BYTES_MAX) return undefined;
    const headerEnd = window.find(NEWLINE, 0, window.size);
    const end = window.find(NEWLINE, headerEnd + 1, window.size);
    return decodeJournal(Buffer.from(window.at(0, end + 1)), blobs.seal && { keys: blobs.seal, path })?.spans[0];
  } finally {
    file.close();
  }
}

/** Whether records can be added to a collection without replacing any of it, each under a key of its own. */
function canJoin(origin: ShardOrigin, older: readonly Import[]): boolean {
  if (origin.mode !== 'replace') return true;
  const { key, indexes, positions } = (older.at(-1) as Import).origin;
  const describe = (...parts: unknown[]): string => JSON.stringify(parts);
  return (
    key.kind !== 'ordinal' &&
    describe(key, [...indexes].sort(), positions) === describe(origin.key, [...origin.indexes].sort(), origin.positions)
  );
}

function* notesOn({ origin, shards, isDoubtful }: ChosenImport, damaged: ReadonlySet<number>): Generator<string> {
  const { collection, source } = origin;
  if (isDoubtful) {
    yield `The import of ${source.file} into ${collection} was killed, and it is not known whether it was published. The repair used its records, but they replace no older records.`;
  }
  const gaps = [...gapsIn(shards, damaged)];
  if (gaps.length === 0) return;
  yield `Collection ${collection} has no shard for ${gaps.join(', ')}: no record of that part was kept, or the file of the shard is gone.`;
}

/** Parts of the sources that no shard is of, as far as no damaged file may be. */
function* gapsIn(shards: readonly Found[], damaged: ReadonlySet<number>): Generator<string> {
  let previous: Found | undefined;
  for (const one of shards) {
    const { sourceNumber, sourceFrom } = one.origin;
    const { file, from } = one.origin.source;
    const isSame = previous?.origin.sourceNumber === sourceNumber;
    // A part of an archive that has offsets of its own.
    const isPart = isSame && previous?.origin.sourceFrom !== sourceFrom;
    const isExcused = damaged.has(one.shard - 1) || isPart;
    if (!isExcused && previous !== undefined && !isSame && !previous.origin.isLast) yield restOf(previous);
    const missing = sourceNumber - (previous?.origin.sourceNumber ?? -1) - 1;
    if (!isExcused && missing > 0) yield `${missing} sources before ${file}`;
    const begin = isSame ? (previous as Found).origin.source.to : sourceFrom;
    if (!isExcused && begin !== from) yield `bytes ${begin} to ${from} of ${file}`;
    previous = one;
  }
  const last = previous as Found;
  if (damaged.has(last.shard + 1)) return;
  if (!last.origin.isLast) yield restOf(last);
  const missing = last.origin.sources - 1 - last.origin.sourceNumber;
  if (missing > 0) yield `${missing} sources after ${last.origin.source.file}`;
}

function restOf({ origin: { source } }: Found): string {
  return `${source.file} from byte ${source.to} on`;
}

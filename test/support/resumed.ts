// Imports that were killed, and the same in one go: for tests of resuming. What several tests look at is made once.

import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runImport } from '../../dist/src/api/later.js';
import type { ImportReport } from '../../dist/src/base/import-report.js';
import { decodePart, type PartTask } from '../../dist/src/import/feed/decode-part.js';
import { mergeEntries } from '../../dist/src/import/merge/entries.js';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { scanSpan } from '../../dist/src/import/scan/scan-span.js';
import type { SpanOrder } from '../../dist/src/import/tasks/span.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { type ChildImport, startImport } from './import-child.js';
import { fileWith, makeDirectory, scratch } from './import-files.js';

/** Bad records, repeated keys, several sources and layouts, a container that has to be closed. */
export const LINES = Array.from({ length: 400 }, (_, i) =>
  i % 50 === 7 ? `{"id":${i},oops}\n` : `{"id":${i % 190},"tag":["t${i % 13}"],"text":"${'x'.repeat(i % 40)}"}\n`,
).join('');
const ARRAY = `[${Array.from({ length: 150 }, (_, i) => `{"id":${1000 + i},"tag":"},{"}`).join(', ')} ]  `;
export const OPTIONS = { key: 'id', indexes: ['tag'], onBadRecord: 'quarantine', spanBytes: 1500 } as const;

export const newStore = () => prepareStoreDirectory(join(scratch(), 'store'), true);

export function newSources(): string[] {
  const directory = scratch();
  return [fileWith(LINES, 'lines.json', directory), fileWith(ARRAY, 'array.json', directory)];
}

/** Imports in this process; how many spans were scanned is counted. */
export async function importHere(directory: string, sources: readonly string[], options: ImportOptions) {
  const catalog = await openRecovered({ directory, blobs: files }, { create: true, readOnly: false });
  let scans = 0;
  const startWorkers = () => ({
    decode: async (task: PartTask) => decodePart(task),
    scan: async (task: SpanOrder) => {
      scans++;
      return scanSpan(task, files);
    },
    merge: async (task: Parameters<typeof mergeEntries>[0]) => mergeEntries(task, files),
    close: async () => {},
  });
  try {
    const target = { directory, blobs: files, catalog, startWorkers, journalFrom: 0 };
    return { report: await runImport(target, sources, { ...options, workers: 1 }), scans };
  } finally {
    await catalog.close();
  }
}

/** What must be the same: report but times and what was resumed, shards by name, the quarantine file, the catalog. */
export async function outcome(directory: string, report: ImportReport) {
  const { seconds: _, stages: __, peakAnonBytes: ___, resumed: ____, quarantine, ...same } = report;
  const shards: Record<string, string> = {};
  for (const name of readdirSync(join(directory, 'shards'))) {
    shards[name] = readFileSync(join(directory, 'shards', name), 'base64');
  }
  const catalog = await openRecovered({ directory, blobs: files }, { create: false, readOnly: true });
  const [{ published: _____, generation, layout, ...manifest }] = catalog.collections() as [
    ReturnType<typeof catalog.collections>[0],
  ];
  const entries = catalog.shards(catalog.collections()[0]!);
  const tombstones = entries.map((entry) => Buffer.from(catalog.tombstones(entry)).toString('hex'));
  const left = { lock: catalog.lock(), resumable: catalog.resumable() };
  await catalog.close();
  return {
    ...{ report: same, shards, manifest, generation, layout, entries, tombstones, left },
    quarantine: quarantine && readFileSync(quarantine, 'utf8'),
    directories: readdirSync(directory).sort(),
  };
}

export async function killedStore(what: Omit<ChildImport, 'directory'>): Promise<string> {
  const directory = newStore();
  expect(await startImport({ directory, ...what }).ended).toBeUndefined();
  return directory;
}

let ofOneGo: Promise<Awaited<ReturnType<typeof importHere>> & { directory: string; sources: string[] }> | undefined;
let killed: Promise<string> | undefined;
const kept: { remove(): void }[] = [];

/** Removes what tests shared. Call it after all of them. */
export function removeShared(): void {
  for (const { remove } of kept.splice(0)) remove();
  [ofOneGo, killed] = [undefined, undefined];
}

/** A path that outlives the tests that share what is there. */
function sharedDirectory(): string {
  const made = makeDirectory();
  kept.push(made);
  return made.path;
}

/** Sources, and what an import of them in one go makes. Made once: nobody changes either. */
export function oneGoOfAll() {
  ofOneGo ??= (async () => {
    const place = sharedDirectory();
    const sources = [fileWith(LINES, 'lines.json', place), fileWith(ARRAY, 'array.json', place)];
    const directory = prepareStoreDirectory(join(place, 'store'), true);
    return { directory, sources, ...(await importHere(directory, sources, OPTIONS)) };
  })();
  return ofOneGo;
}

/** A copy of what an import of the same sources left when it was killed after nine spans. */
export async function killedCopy(): Promise<string> {
  const { sources } = await oneGoOfAll();
  killed ??= (async () => {
    const directory = prepareStoreDirectory(join(sharedDirectory(), 'store'), true);
    expect(await startImport({ directory, sources, options: OPTIONS, killAtScan: 9 }).ended).toBeUndefined();
    return directory;
  })();
  const copy = newStore();
  cpSync(await killed, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

export const journalOf = (directory: string): string => {
  const [id] = readdirSync(join(directory, 'tmp'));
  return join(directory, 'tmp', id!, 'journal');
};

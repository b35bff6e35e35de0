// A call of every public method of what users hold, on the store of misuse.ts: for tests that make them at a wrong time.

import type { Audit, Collection, Quarantine, ReadableCollection, Snapshot, Store } from '../../dist/src/index.js';
import { fileWith, scratch } from './import-files.js';

export type Calls<T> = Readonly<Record<string, (target: T) => unknown>>;

const RENAMED = { collection: 'rows', from: 0, to: 1, ops: [{ op: 'rename', path: 'tag', to: 'label' }] } as const;

/** Of a stream or an iteration, all of it. */
async function drained(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  for await (const _ of items);
}

export const STORE_CALLS: Calls<Store> = {
  collection: (store) => store.collection('rows'),
  snapshot: (store) => store.snapshot().release(),
  collections: (store) => store.collections(),
  stat: (store) => store.stat(),
  metrics: (store) => store.metrics(),
  metricsRegistry: (store) => store.metricsRegistry(),
  instrument: (store) => store.instrument(),
  warm: (store) => store.warm({ collection: 'rows', whole: true }),
  import: (store) => store.import(fileWith('{"id":7,"tag":"i"}'), { workers: 1, collection: 'imported' }),
  watch: async (store) => (await store.watch(fileWith('{"id":7}'), { workers: 1, collection: 'watched' })).close(),
  transaction: (store) => store.transaction((tx) => tx.collection('rows').delete(1)),
  transactionSync: (store) => store.transactionSync((tx) => tx.collection('rows').delete(1)),
  createIndex: (store) => store.createIndex('rows', 'extra', { workers: 1 }),
  dropIndex: (store) => store.dropIndex('rows', 'tag'),
  evolve: (store) => store.evolve(RENAMED, { workers: 1 }),
  undoMigrations: (store) => store.undoMigrations('rows', 0, { workers: 1 }),
  finalizeMigrations: (store) => store.finalizeMigrations('rows'),
  evolution: (store) => store.evolution('rows'),
  compatibility: (store) => store.compatibility(RENAMED, { workers: 1 }),
  setSchema: (store) => store.setSchema('rows', { type: 'object' }, { workers: 1 }),
  unsetSchema: (store) => store.unsetSchema('rows'),
  getSchema: (store) => store.getSchema('rows'),
  drop: (store) => store.drop('numbered'),
  rename: (store) => store.rename('numbered', 'others'),
  clear: (store) => store.clear('numbered'),
  compact: (store) => store.compact(),
  verify: (store) => store.verify({ workers: 1 }),
  backup: (store) => store.backup(`${scratch()}/backup`),
  share: (store) => store.share(`${scratch()}/shared`),
};

export const READABLE_CALLS: Calls<ReadableCollection> = {
  get: (rows) => rows.get(1),
  getSync: (rows) => rows.getSync(1),
  getText: (rows) => rows.getText(1),
  getTextSync: (rows) => rows.getTextSync(1),
  getMany: (rows) => rows.getMany([1, 2]),
  has: (rows) => rows.has(1),
  count: (rows) => rows.count(),
  range: (rows) => drained(rows.range()),
  rangeSync: (rows) => drained(rows.rangeSync()),
  rangeText: (rows) => drained(rows.rangeText()),
  rangeTextSync: (rows) => drained(rows.rangeTextSync()),
  find: (rows) => drained(rows.find('tag', 'a')),
  findSync: (rows) => drained(rows.findSync('tag', 'a')),
  findText: (rows) => drained(rows.findText('tag', 'a')),
  findTextSync: (rows) => drained(rows.findTextSync('tag', 'a')),
  first: (rows) => rows.first(),
  firstSync: (rows) => rows.firstSync(),
  last: (rows) => rows.last(),
  lastSync: (rows) => rows.lastSync(),
  distinct: (rows) => drained(rows.distinct('tag')),
  scan: (rows) => drained(rows.scan()),
  scanText: (rows) => drained(rows.scanText()),
  lines: (rows) => drained(rows.lines()),
  stream: (rows) => drained(rows.stream({ workers: 1 })),
  webStream: (rows) => drained(rows.webStream({ workers: 1 }) as unknown as AsyncIterable<unknown>),
  exportFiles: (rows) => rows.exportFiles(`${scratch()}/files`, { workers: 1 }),
  schema: (rows) => rows.schema({ workers: 1 }),
  stat: (rows) => rows.stat(),
};

export const COLLECTION_CALLS: Calls<Collection> = {
  ...READABLE_CALLS,
  put: (rows) => rows.put({ id: 9, tag: 'z' }),
  putText: (rows) => rows.putText('{"id":9,"tag":"z"}'),
  patch: (rows) => rows.patch(1, { tag: 'z' }),
  patchText: (rows) => rows.patchText(1, '{"tag":"z"}'),
  delete: (rows) => rows.delete(1),
  deleteRange: (rows) => rows.deleteRange({ gte: 1 }),
};

export const SNAPSHOT_CALLS: Calls<Snapshot> = {
  collection: (snapshot) => snapshot.collection('rows'),
  collections: (snapshot) => snapshot.collections(),
};

export const QUARANTINE_CALLS: Calls<Quarantine> = {
  files: (quarantine) => quarantine.files(),
  records: (quarantine) => drained(quarantine.records('none')),
  retry: (quarantine) => quarantine.retry('none'),
};

export const AUDIT_CALLS: Calls<Audit> = {
  log: (audit) => drained(audit.log()),
  verify: (audit) => audit.verify(),
  checkpoint: (audit) => audit.checkpoint(),
  prune: (audit) => audit.prune({ before: 1 }),
  keep: (audit) => audit.keep(1000),
};

/** All of them, by the name of what they are called on. */
export function everyCall(held: {
  readonly store: Store;
  readonly rows: Collection;
  readonly snapshot: Snapshot;
  readonly frozen: ReadableCollection;
}): (readonly [name: string, call: () => unknown])[] {
  const { store, rows, snapshot, frozen } = held;
  const of = <T>(name: string, target: T, calls: Calls<T>) =>
    Object.entries(calls).map(([method, call]) => [`${name}.${method}`, () => call(target)] as const);
  return [
    ...of('store', store, STORE_CALLS),
    ...of('quarantine', store.quarantine, QUARANTINE_CALLS),
    ...of('audit', store.audit, AUDIT_CALLS),
    ...of('collection', rows, COLLECTION_CALLS),
    ...of('snapshot', snapshot, SNAPSHOT_CALLS),
    ...of('snapshot.collection', frozen, READABLE_CALLS),
  ];
}

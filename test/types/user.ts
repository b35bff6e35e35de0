// What somebody writes who uses the package, and what does not compile: types.test.ts compiles it against the packed
// declarations. Nothing runs it.

import {
  type Collection,
  type ConfigFile,
  type DeepReadonly,
  GristmillError,
  type MergePatch,
  memory,
  migration,
  openStore,
  type ReadableCollection,
  type ReadValue,
  type Row,
  type Snapshot,
  type Store,
  type Synchronous,
  type TextRow,
  type TransactionCollection,
  type WithBigints,
} from 'gristmill';

interface User {
  id: number;
  name: string;
  nick?: string;
  tags: string[];
  address: { city: string; zip?: string };
  born: string | null;
}
interface Order {
  no: string;
  cents: number;
}
/** As `gristmill types` writes it. */
interface Collections {
  users: User;
  'all orders': Order;
}
const USER: User = { id: 1, name: 'Ada', tags: [], address: { city: 'London' }, born: null };

/** A type that two expressions have. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

export async function untyped(store: Store): Promise<void> {
  const users = store.collection<User>('users');
  same<typeof users, Collection<User>>(true);
  const anything = store.collection();
  same<typeof anything, Collection<unknown>>(true);

  // What a cache may share is readonly, however deep; a copy is not.
  const user = await users.get(1);
  same<typeof user, DeepReadonly<User> | undefined>(true);
  if (user === undefined) return;
  // @ts-expect-error
  user.name = 'Grace';
  // @ts-expect-error
  user.address.city = 'Paris';
  // @ts-expect-error
  user.tags.push('a');
  structuredClone(user as User).tags.push('a');
  await users.put({ ...user, name: 'Grace' });
  await users.put(USER);
  // @ts-expect-error
  await users.put({ id: 1 });

  // A patch is one of these records.
  await users.patch(1, { name: 'Grace', nick: null, address: { zip: null } });
  // @ts-expect-error: no such member
  await users.patch(1, { nam: 'Grace' });
  // @ts-expect-error: it would remove a member that every record has
  await users.patch(1, { name: null });
  // @ts-expect-error: a patch cannot store null
  await users.patch(1, { born: null });
  // @ts-expect-error: arrays are replaced as a whole
  await users.patch(1, { tags: [1] });
  await anything.patch(1, { nam: 'Grace' });
  same<MergePatch<unknown>, unknown>(true);

  // One shape of rows.
  const rows: Row<User>[] = [];
  for await (const row of users.range({ gte: 1 })) rows.push(row);
  for await (const row of users.find('name', 'Ada')) rows.push(row);
  for await (const row of users.scan()) rows.push(row);
  for (const row of users.rangeSync()) rows.push(row);
  const texts: TextRow[] = [];
  for await (const row of users.rangeText({ reverse: true })) texts.push(row);
  for await (const row of users.scanText({ after: texts[0]!.cursor, limit: 3 })) texts.push(row);
  const last: Row<User> | undefined = await users.last();
  if (last !== undefined) last.value.tags.push('a reader may change what a row has');
  // @ts-expect-error
  rows[0]!.key = 5;
  // @ts-expect-error
  users.scan({ gte: 5 });
  // @ts-expect-error
  users.range({ limits: 5 });

  // Either may be read.
  const state: Pick<Snapshot, 'collection'> = rows.length > 0 ? store : store.snapshot();
  const readable: ReadableCollection<User> = state.collection<User>('users');
  // @ts-expect-error
  await readable.put(USER);
}

export async function transactions(store: Store): Promise<void> {
  const key = await store.transaction((tx) => tx.collection<User>('users').put(USER));
  const many: number = await store.transaction((tx) => tx.collection('users').deleteRange({ lt: key }));
  await store.transaction(() => {});
  // @ts-expect-error: a callback must not be async
  await store.transaction(async (tx) => tx.collection('users').put({ id: many }));
  // @ts-expect-error: nor return a promise
  await store.transaction(() => store.collection('users').put({}));
  // @ts-expect-error
  store.transactionSync(async () => {});
  await store.transaction((tx) => {
    const users: TransactionCollection<User> = tx.createCollection<User>('new', { key: 'id', indexes: ['name'] });
    users.patch(1, { name: 'Grace' });
    // @ts-expect-error
    users.patch(1, { nam: 'Grace' });
    // @ts-expect-error: a transaction sees the newest state
    users.range({ freshness: 'warm' });
    // @ts-expect-error: the store commits it
    tx.commit();
  });
  // Whoever passes callbacks on says that they are synchronous.
  const logged = <R>(change: () => Synchronous<R>): Promise<R> => store.transaction<R>(change);
  await logged(() => 5);
}

export async function typed(): Promise<void> {
  await using store = await openStore<Collections>('./store');
  const users = store.collection('users');
  same<typeof users, Collection<User>>(true);
  const orders = store.collection('all orders');
  const cents: number | undefined = (await orders.get('A1'))?.cents;
  // @ts-expect-error: there is no such collection
  store.collection('user');
  // @ts-expect-error
  store.snapshot().collection('user');
  using snapshot = store.snapshot();
  const old: ReadableCollection<User> = snapshot.collection('users');
  await store.transaction((tx) => {
    tx.collection('users').put(USER);
    // @ts-expect-error
    tx.collection('orders');
    // @ts-expect-error
    tx.collection('all orders').put({ no: 'A1' });
  });
  // Integers beyond 2^53 have all their digits.
  const exact = store.collection('all orders', { unsafeIntegers: 'bigint' });
  same<typeof exact, Collection<WithBigints<Order>>>(true);
  const big: number | bigint | undefined = exact.getSync('A1')?.cents;
  await exact.put({ no: 'A2', cents: 2n ** 60n });
  // @ts-expect-error
  await orders.put({ no: 'A2', cents: 2n ** 60n });
  void [cents, old, big];
}

export async function codecs(store: Store): Promise<void> {
  const dated = store.collection('events', {
    codec: {
      encode: (value: { at: Date }) => ({ at: value.at.getTime() }),
      decode: (stored) => ({ at: new Date(stored.at) }),
    },
  });
  const value = await dated.get(1);
  // What a codec makes belongs to its reader.
  value?.at.setUTCFullYear(2026);
  same<typeof value, ReadValue<{ at: Date }, { at: number }> | undefined>(true);
  await dated.put({ at: new Date() });
  // The patch is one of the stored record.
  await dated.patch(1, { at: 5 });
  // @ts-expect-error
  await dated.patch(1, { at: new Date() });
}

export class Repository<T extends object> {
  readonly #records: Collection<T>;

  constructor(store: Store, name: string) {
    this.#records = store.collection<T>(name);
  }

  find(key: string): Promise<ReadValue<T, T> | undefined> {
    return this.#records.get(key);
  }
}

export async function options(store: Store): Promise<void> {
  await store.watch('./data', { poll: 'always' });
  // @ts-expect-error
  await store.watch('./data', { poll: 'alwys' });
  await openStore(memory(), { recordCacheBytes: 1 << 20, recordValues: 'cloned', freshness: { maxStaleMs: 500 } });
  // @ts-expect-error
  await openStore(memory(), { recordValues: 'cloned ' });
  // @ts-expect-error
  await openStore(memory(), { acknowledge: 'durably' });
  // @ts-expect-error
  await openStore(memory(), { keys: 'plain' });
  // @ts-expect-error
  await openStore(memory(), { freshness: 'cold' });
  // @ts-expect-error
  await openStore(memory(), { readonly: true });
  // @ts-expect-error
  await store.import('a.json', { mode: 'merge' });
  // @ts-expect-error
  await store.import('a.json', { onDuplicate: 'newest' });
  // @ts-expect-error
  store.collection('a').stream({ format: 'yaml' });
  // @ts-expect-error
  store.collection('a', { unsafeIntegers: 'string' });
  // @ts-expect-error
  await store.compatibility(migration('a', { from: 0 }).remove('b').build(), { mode: 'backwards' });
  const report = await store.import(['a.json'], { collections: { users: { select: '/users', key: 'id' } } });
  report.collections.users.records.stored.toFixed();
  // @ts-expect-error
  void report.collections.orders;
}

export const config = {
  recordCacheBytes: '64m',
  freshness: 'stale:5s',
  keyFile: './key',
  import: { workers: 2 },
} satisfies ConfigFile;
// @ts-expect-error
export const wrongConfig = { import: { mode: 'merge' } } satisfies ConfigFile;

/** What holds a store holds no more of it than its public members. */
export function internals(store: Store, snapshot: Snapshot, users: Collection): void {
  // @ts-expect-error
  void store.assertOpen;
  // @ts-expect-error
  void store.work;
  // @ts-expect-error
  void users.profiled;
  // @ts-expect-error
  void users.countRange;
  // @ts-expect-error
  void snapshot.catalog;
  // @ts-expect-error
  void memory().openCatalog;
  // @ts-expect-error
  store.directory = '/elsewhere';
}

export function errors(error: unknown): number | undefined {
  if (!(error instanceof GristmillError)) throw error;
  // @ts-expect-error: there is no such code
  if (error.code === 'RECORD_BAD') return undefined;
  return error.code === 'BAD_RECORD' ? error.line : undefined;
}

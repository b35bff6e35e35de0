// Places where a test can make the process die or an operation fail: named, a closed list, each at a point where what is
// on disk is between two states. Off unless the environment variable GRISTMILL_FAILPOINTS arms some when the process
// starts ("publish.commit=kill,garbage.unlink=error"); then `kill` ends the process at once, as SIGKILL does, and `error`
// throws IO_ERROR there. Tests of the suite hit every one of them (docs/reliability.md).

import { GristmillError } from './errors.js';

export const FAILPOINTS = [
  /** Before the first transaction of a new store, and in it. */
  'store.create',
  'store.header',
  /**
   * Of a key ring: before it is written beside; when it is durable there; when it is in place and its name is not durable yet.
   */
  'keys.write',
  'keys.written',
  'keys.placed',
  /** When the lock of writers is taken; before what a dead holder left is swept; before it is given back. */
  'lock.taken',
  'lock.sweep',
  'lock.release',
  /** Before frames go to a shard file; before the file and the directory are synced. */
  'shard.write',
  'shard.sync',
  'shards.sync-directory',
  /** In any transaction, when all is written and nothing committed; when it is durable. An error fails the commit. */
  'catalog.commit',
  'catalog.committed',
  /** In the publishing transaction of an import, at its end; when the import has taken note of it. */
  'publish.commit',
  'publish.committed',
  /** In a user's transaction, at its end. */
  'transaction.commit',
  /**
   * Of a compaction: before secondary indexes are cleaned; in the transaction that drops dead shards, at its end; before a
   * shard is written anew or joined with others; when a joined file is synced and does not have its name yet; when a file is
   * there under its name and not published.
   */
  'compact.clean-indexes',
  'compact.drop',
  'compact.rewrite',
  'compact.join',
  'compact.publish',
  /**
   * Of a new index: when its pages are there and nothing names them; in the transaction that names them, at its end. In the
   * transaction that takes an index away, at its end.
   */
  'index.publish',
  'index.commit',
  'index.drop',
  /**
   * Of a migration, or of undoing some: when the indexes are built and nothing names them; in the transaction that gives the
   * collection its version, at its end; when the old indexes are still to be removed.
   */
  'evolve.publish',
  'evolve.commit',
  'evolve.committed',
  /** In the transaction that sets a schema, at its end. */
  'schema.set',
  /** In the transaction that drops, renames or clears a collection, at its end; when it is done. */
  'collection.change',
  'collection.changed',
  /** Before anything is removed; before each file; when all is removed and it is still written down. */
  'garbage.collect',
  'garbage.unlink',
  'garbage.forget',
  /** Of a backup: when the index is copied; when all is, under another name. */
  'backup.copied',
  'backup.place',
  /** Of sharing: before the link to the new files is made; when it is in place, and what was before is still there. */
  'share.place',
  'share.placed',
  /**
   * Of a repair: before the shards that were written again get their names; when the new index is made; before the old one
   * is put aside; between the old one's being put aside and the new one's coming in place;
   * then.
   */
  'repair.shards',
  'repair.made',
  'repair.finished',
  'repair.swap',
  'repair.swapped',
  /**
   * Of a conversion: when the first shard is converted; before it is decided; when it is; before its index comes in place; before
   * its shards do; before what it leaves over is removed; when all but its directory is.
   */
  'convert.shard',
  'convert.decide',
  'convert.decided',
  'convert.index',
  'convert.shards',
  'convert.clean',
  'convert.placed',
  /**
   * Of an exchange of data keys: when the ring has the new one, and the index does not know it; when the index does; when a file is
   * written once more and not published; after each transaction that writes values once more; before the older data keys leave
   * the ring; then.
   */
  'reencrypt.ring',
  'reencrypt.active',
  'reencrypt.file',
  'reencrypt.values',
  'reencrypt.drop',
  'reencrypt.dropped',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

const ACTIONS = ['kill', 'error'] as const;
type Action = (typeof ACTIONS)[number];

const armed = parse(process.env.GRISTMILL_FAILPOINTS);

/** Does what this failpoint is armed with; nothing, as a rule. */
export function failpoint(name: Failpoint): void {
  if (armed !== undefined) hit(armed, name);
}

function hit(actions: ReadonlyMap<string, Action>, name: Failpoint): void {
  const action = actions.get(name);
  if (action === 'kill') process.kill(process.pid, 'SIGKILL');
  if (action === 'error') throw new GristmillError('IO_ERROR', `failpoint ${name} was armed to fail`);
}

/** @throws TypeError for a name or action there is not. */
function parse(text: string | undefined): ReadonlyMap<string, Action> | undefined {
  if (!text) return undefined;
  return new Map(
    text.split(',').map((item) => {
      const [name, action] = item.split('=') as [Failpoint, Action];
      if (!FAILPOINTS.includes(name) || !ACTIONS.includes(action)) {
        throw new TypeError(`GRISTMILL_FAILPOINTS: ${item} is not a failpoint with kill or error`);
      }
      return [name, action];
    }),
  );
}

// gristmill put: stores records in place of those with their keys, all in one transaction.

import { type Command, InvalidArgumentError } from 'commander';
import { GristmillError } from '../../base/errors.js';
import { checkCollectionName } from '../../base/names.js';
import type { KeyPath, Store, Transaction, TransactionCollection } from '../../index.js';
import { isSamePath, keyPathText } from '../../keys/key-path.js';
import { resolveOptions } from '../../options/check.js';
import { COLLECTION_OPTIONS } from '../../update/collection-options.js';
import { type CommonOptions, collectKey, collectPaths, withCommonOptions } from '../shared/arguments.js';
import { onStore } from '../shared/open.js';
import { type ReasonFlags, withReason } from '../shared/reason.js';
import { readRecords } from '../shared/records.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { print } from '../terminal/streams.js';
import { formatCount } from '../terminal/table.js';

interface PutFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly collection: string;
  readonly file?: string;
  readonly name?: string;
  readonly key?: KeyPath;
  readonly index?: readonly KeyPath[];
}

const HELP = `
Examples:
  gristmill put '{"id":42,"name":"Ada"}' --store ./store
  gristmill put --file new.ndjson --store ./store --collection users --key id --index email
  gristmill put '{"n":1}' --name ada --store ./store          a collection whose keys are member names
  jq -c '.[]' new.json | gristmill put --store ./store

Records are JSON values one after another. put stores all of them in one transaction, or none. It keeps the spelling of
all tokens. Files and stdin are read as import reads files: a byte order mark is skipped, UTF-16 is refused. With --key
or --index, put creates the collection if there is none.`;

/** Adds the command to the program. */
export function addPut(program: Command): void {
  const command = program
    .command('put')
    .description('store records in one transaction; a record replaces the one with the same key')
    .argument('[record...]', 'records as JSON (default: from --file, or from stdin)')
    .option('--collection <name>', 'collection to change', 'records')
    .option('--file <path>', 'read the records from this file; -: from stdin')
    .option('--name <name>', 'member name of the record, in a collection whose keys are member names')
    .option(
      '--key <path>',
      'if there is no such collection, create it with this path of the primary key; given several times, the paths of the components of a composite key',
      collectKey,
    )
    .option(
      '--index <path>',
      'if there is no such collection, create it with this secondary index, a JSON array of paths for a composite one; may be given several times',
      collectPaths,
    )
    .addHelpText('after', HELP)
    .action(runPut);
  withStoreFlags(withReason(withCommonOptions(command, 'print the count, or the error, as one JSON object')), [
    'schemaVersion',
  ]);
}

async function runPut(words: readonly string[], flags: PutFlags): Promise<void> {
  if (words.length > 0 && flags.file !== undefined) {
    throw new InvalidArgumentError('give either records or --file, not both');
  }
  const creates = flags.key !== undefined || flags.index !== undefined;
  // Before anything is read or made.
  if (creates) checkNewCollection(flags);
  const texts = words.length > 0 ? words : await readRecords(flags.file ?? '-');
  if (flags.name !== undefined && texts.length !== 1) {
    throw new InvalidArgumentError(`--name is the name of one record, but ${texts.length} records were given`);
  }
  await onStore(flags, creates, (store) =>
    store.transaction(
      (transaction) => {
        const collection = collectionOf(store, transaction, flags, creates);
        for (const text of texts) collection.putText(text, flags.name);
      },
      { why: flags.why },
    ),
  );
  const put = texts.length;
  const said = flags.json
    ? JSON.stringify({ collection: flags.collection, put })
    : `${formatCount(put)} put into ${flags.collection}`;
  print(`${said}\n`);
}

/** @throws TypeError */
function checkNewCollection({ collection, key, index }: PutFlags): void {
  checkCollectionName(collection);
  resolveOptions('createCollection', COLLECTION_OPTIONS, { key, indexes: index });
}

function collectionOf(
  store: Store,
  transaction: Transaction,
  { collection: name, key, index: indexes = [] }: PutFlags,
  creates: boolean,
): TransactionCollection<unknown> {
  const stored = creates ? store.stat().collections.find((found) => found.name === name) : undefined;
  if (!creates) return transaction.collection(name);
  if (stored === undefined) return transaction.createCollection(name, { ...(key !== undefined && { key }), indexes });
  const has = stored.indexes.map(({ path }) => path);
  const isIn = (path: KeyPath): boolean => has.some((other) => isSamePath(path, other));
  const isAsGiven = (key === undefined || isSamePath(key, stored.key)) && indexes.every(isIn);
  if (isAsGiven) return transaction.collection(name);
  const message = `collection ${name} has the key ${keyPathText(stored.key)} and the indexes ${has.map(keyPathText).join(', ') || 'none'}: leave out --key and --index`;
  throw new GristmillError('COLLECTION_MISMATCH', message);
}

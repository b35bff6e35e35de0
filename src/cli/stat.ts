// gristmill stat: what a store holds and what it takes.

import type { Command } from 'commander';
import type { CollectionStat, ReadersStat, StoreStat } from '../index.js';
import { type CommonOptions, withCommonOptions } from './arguments.js';
import { escapeControls } from './diagnostics.js';
import { openStore } from './open.js';
import { type StoreFlags, withStoreFlags } from './store-flags.js';
import { alignColumns, alignPairs, formatBytes, formatCount } from './table.js';

const HELP = `
"readers" tells which process reads the oldest state. Where it is many transactions behind it has been stopped, or keeps a
snapshot: the store cannot use again the room of what was changed since, until that process goes on or ends.

Example:
  gristmill stat --store ./store --json | jq '.collections[].records'`;

/** Adds the command to the program. */
export function addStat(program: Command): void {
  const command = program
    .command('stat')
    .description('print the collections of a store, their indexes and sizes, and who reads it')
    .addHelpText('after', HELP)
    .action(runStat);
  withStoreFlags(withCommonOptions(command, 'print one JSON object'));
}

async function runStat(flags: CommonOptions & StoreFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    const stat = store.stat();
    process.stdout.write(flags.json ? `${JSON.stringify(stat)}\n` : storeText(stat));
  } finally {
    await store.close();
  }
}

function storeText({ directory, format, generation, created, bytes, readers, collections }: StoreStat): string {
  const head = alignPairs([
    ['store', escapeControls(directory)],
    ['format', `${format}, publication ${formatCount(generation)}, created ${created}`],
    ['size', `${formatBytes(bytes.shards)} of shards, ${formatBytes(bytes.index)} of index`],
    ['readers', readersText(readers)],
  ]);
  const none = collections.length === 0 ? '\nno collections yet: gristmill import <file> --store <dir>\n' : '';
  return `${head}${none}${collections.map(collectionText).join('')}`;
}

function readersText({ count, oldest }: ReadersStat): string {
  const slots = `${formatCount(count)} slots taken`;
  if (oldest === undefined) return `${slots}, nobody is reading now`;
  return `${slots}, the oldest is process ${oldest.pid}, ${formatCount(oldest.behind)} transactions behind`;
}

function collectionText(stat: CollectionStat): string {
  const share = `${(100 * stat.deadShare).toFixed(1)} %`;
  const dead = stat.dead === 0 ? '' : ` (and ${formatCount(stat.dead)} dead ones, ${share}: gristmill compact)`;
  const inline = stat.inline === 0 ? '' : `, ${formatCount(stat.inline)} records of them inline`;
  const pairs: [string, string][] = [
    ['collection', stat.name],
    ['  records', `${formatCount(stat.records)}${dead}`],
    ['  key', stat.key],
    ['  layout', `${stat.framing} at the last import, ${stat.published}`],
    ['  source', formatBytes(stat.sourceBytes)],
    [
      '  stored',
      `${formatBytes(stat.storedBytes)} in ${formatCount(stat.shards)} shards${inline}, ${stat.ratio.toFixed(1)} : 1`,
    ],
  ];
  const rows = stat.indexes.map(({ path, entries, pages }) => [path, formatCount(entries), formatCount(pages)]);
  const indexes = rows.length === 0 ? '' : alignColumns([['index', 'entries', 'pages'], ...rows.map(escapeAll)], '  ');
  return `\n${alignPairs(pairs.map(([name, text]) => [name, escapeControls(text)]))}${indexes}`;
}

const escapeAll = (cells: readonly string[]): string[] => cells.map(escapeControls);

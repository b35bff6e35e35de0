// gristmill stat: what a store holds and what it takes; once, or again and again (cli/terminal/stat-watch.ts).

import type { Command } from 'commander';
import type { CollectionStat, ReadersStat, StoreStat } from '../../index.js';
import { keyPathText } from '../../keys/key-path.js';
import { describeHolder } from '../../store/lock/lock-holder.js';
import { type CommonOptions, readInterval, withCommonOptions } from '../shared/arguments.js';
import { interruptible } from '../shared/interrupt.js';
import { openStore } from '../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { escapeControls, jsonLine } from '../terminal/escape.js';
import { print } from '../terminal/streams.js';
import { alignColumns, alignPairs, formatBytes, formatCount } from '../terminal/table.js';

/** Between two looks. */
const WATCH_MS = 1000;

const EXCHANGING = 'older data keys are still needed: gristmill key reencrypt is at work, or continues';

const EXACT = 'exact: other tools read from them the records of the store, and no others';
const INEXACT = 'not exact for other tools: gristmill share makes files that are, compact --full makes the shards so';

interface StatFlags extends CommonOptions, StoreFlags {
  /** Milliseconds; true where none were given. */
  readonly watch?: number | true;
}

const HELP = `
"readers" names the process that reads the oldest state. If it is many transactions behind, it was stopped (Ctrl-Z), or
it has not released a snapshot. Until it continues, releases the snapshot or ends, the store cannot reuse the space of
changed data.

Records of transactions are in the index ("inline") until gristmill compact writes them into shards.

--watch shows the changes that all processes make to the index: publications, records, readers, the current writer. It
does not know the caches of other processes. In a program, store.metrics() reports them (docs/metrics.md).

Examples:
  gristmill stat --store ./store --json | jq '.collections[].records'
  gristmill stat --store ./store --watch
  gristmill stat --store ./store --watch 1m --json >> stat.ndjson`;

/** Adds the command to the program. */
export function addStat(program: Command): void {
  const command = program
    .command('stat')
    .description('print the collections of a store, their indexes and sizes, and its readers')
    .option('--watch [time]', 'print again after this time, until Ctrl-C (default: 1s)', readInterval)
    .addHelpText('after', HELP)
    .action(runStat);
  withStoreFlags(withCommonOptions(command, 'print one JSON object; with --watch, one JSON object a line'));
}

async function runStat(flags: StatFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    if (flags.watch !== undefined) {
      const { watchStat } = await import('../terminal/stat-watch.js');
      const milliseconds = flags.watch === true ? WATCH_MS : flags.watch;
      await interruptible((signal) => watchStat(store, milliseconds, flags.json === true, signal), 'quietly');
      return;
    }
    const stat = store.stat();
    print(flags.json ? jsonLine(stat) : storeText(stat));
  } finally {
    await store.close();
  }
}

function storeText(stat: StoreStat): string {
  const { directory, format, generation, created, bytes, exposed, quarantine, readers, writer, collections } = stat;
  const { encryption, converting, exact, zstd } = stat;
  const head = alignPairs([
    ['store', escapeControls(directory)],
    ['format', `${format}, publication ${formatCount(generation)}, created ${escapeControls(created)}`],
    ['size', `${formatBytes(bytes.shards)} of shards, ${formatBytes(bytes.index)} of index`],
    ['zstd', `${zstd} in this process`],
    // No other tool reads sealed shards.
    ...(encryption === undefined ? [['shards', exact ? EXACT : INEXACT] as const] : []),
    ...(encryption === undefined
      ? []
      : [['encrypted', `keys ${encryption.keys}, data key ${encryption.dataKey}`] as const]),
    ...(encryption?.exchanging ? [['exchanging', EXCHANGING] as const] : []),
    ...(converting === undefined ? [] : [['converting', convertingText(converting)] as const]),
    ...exposed.map((why) => ['exposed', escapeControls(why)] as const),
    ...quarantine.map(({ name }) => ['quarantine', `${escapeControls(name)} (gristmill quarantine show)`] as const),
    ['readers', readersText(readers)],
    ...(writer === undefined ? [] : [['writer', escapeControls(describeHolder(writer))] as const]),
  ]);
  const none = collections.length === 0 ? '\nno collections yet: gristmill import <file> --store <dir>\n' : '';
  return `${head}${none}${collections.map(collectionText).join('')}`;
}

function convertingText(kind: NonNullable<StoreStat['converting']>): string {
  const made = kind === 'decrypt' ? 'decrypt.partial has plain files' : `its files are in ${kind}.partial`;
  const command = kind === 'reencrypt' ? 'key reencrypt --closed' : kind;
  return `${kind} is at work or was interrupted, and ${made}: gristmill ${command} continues, any other conversion removes them`;
}

function readersText({ count, oldest }: ReadersStat): string {
  const slots = `${formatCount(count)} slots taken`;
  if (oldest === undefined) return `${slots}, nobody is reading now`;
  return `${slots}, the oldest is process ${oldest.pid}, ${formatCount(oldest.behind)} transactions behind`;
}

function collectionText(stat: CollectionStat): string {
  const share = `${(100 * stat.deadShare).toFixed(1)} %`;
  const dead =
    stat.dead === 0 ? '' : ` (and ${formatCount(stat.dead)} dead ones, ${share}; gristmill compact removes them)`;
  const files = stat.files === stat.shards ? '' : ` (${formatCount(stat.files)} files)`;
  const inline = stat.inline === 0 ? '' : `, ${formatCount(stat.inline)} records of them inline`;
  const pairs: [string, string][] = [
    ['collection', stat.name],
    ['  records', `${formatCount(stat.records)}${dead}`],
    ['  key', keyPathText(stat.key)],
    ['  layout', `${stat.layout} at the last import, ${stat.published}`],
    ['  source', formatBytes(stat.sourceBytes)],
    [
      '  stored',
      `${formatBytes(stat.storedBytes)} in ${formatCount(stat.shards)} shards${files}${inline}, ${stat.ratio.toFixed(1)} : 1`,
    ],
  ];
  const rows = stat.indexes.map(({ path, entries, pages }) => [
    keyPathText(path),
    formatCount(entries),
    formatCount(pages),
  ]);
  const indexes = rows.length === 0 ? '' : alignColumns([['index', 'entries', 'pages'], ...rows.map(escapeAll)], '  ');
  return `\n${alignPairs(pairs.map(([name, text]) => [name, escapeControls(text)]))}${indexes}`;
}

const escapeAll = (cells: readonly string[]): string[] => cells.map(escapeControls);

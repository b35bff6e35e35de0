// gristmill compact: seals what transactions put into shards, takes dead records out, and joins small shards.

import type { Command } from 'commander';
import type { CompactReport } from '../../index.js';
import { describeHolder } from '../../store/lock/lock-holder.js';
import { type CommonOptions, readInteger, readRatio, readSize, withCommonOptions } from '../shared/arguments.js';
import { interruptible } from '../shared/interrupt.js';
import { openStore } from '../shared/open.js';
import { type ReasonFlags, withReason } from '../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { note } from '../terminal/diagnostics.js';
import { jsonLine } from '../terminal/escape.js';
import { print } from '../terminal/streams.js';
import { formatBytes, formatCount } from '../terminal/table.js';

interface CompactFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly collection?: string;
  readonly minDead?: number;
  readonly full?: boolean;
  readonly recompress?: boolean;
  readonly level?: number;
  readonly joinBelow?: number;
  readonly migrate?: boolean;
  readonly wait: boolean;
}

const HELP = `
Examples:
  gristmill compact --store ./store
  gristmill compact --store ./store --min-dead 10%
  gristmill compact --store ./store --full
  gristmill compact --store ./store --recompress

A record is dead if it was replaced or deleted; any other record is live. Live records keep their keys. compact removes
shards without a live record, except in collections without a key. It joins small shard files into files of up to 64 MiB
of text. Older versions of gristmill refuse a store that has such files. The report counts as "sealed" the shards of
records of transactions that were written into files. With --full, the shards have exactly the live records afterwards, so
other tools can read them; gristmill stat says whether they still have. Meanwhile, other processes may read and change the store. The disk
space becomes free when no process reads the old files any more.`;

/** Adds the command to the program. */
export function addCompact(program: Command): void {
  const command = program
    .command('compact')
    .description('write records of transactions into shards, remove dead records, and join small shards')
    .option('--collection <name>', 'compact only this collection (default: all)')
    .option(
      '--min-dead <share>',
      'rewrite a shard if more than this share of it is dead: 0.1 or 10% (default: 25%)',
      readRatio,
    )
    .option('--full', 'remove all dead records, so that the shards have exactly the records of the store')
    .option('--recompress', 'compress the shards of imports with --compression none')
    .option('--level <n>', 'zstd compression level of the shards that are written, -7 to 19 (default: 1)', readInteger)
    .option(
      '--join-below <size>',
      'join shard files that have less text than this before compression, such as 1m; 0: join none (default: 4m)',
      readSize,
    )
    .option('--migrate', 'rewrite shards whose records are stored in an older version than their collection has')
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .addHelpText('after', HELP)
    .action(runCompact);
  withStoreFlags(withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object')));
}

async function runCompact(flags: CompactFlags): Promise<void> {
  const { collection, minDead, full, recompress, level, joinBelow, migrate, wait, why, json } = flags;
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      return await store.compact({
        ...(collection !== undefined && { collection }),
        ...(minDead !== undefined && { minDeadShare: minDead }),
        ...(joinBelow !== undefined && { joinBytes: joinBelow }),
        ...(migrate && { migrate }),
        ...(full !== undefined && { full }),
        ...(recompress !== undefined && { recompress }),
        ...(level !== undefined && { level }),
        ...{ wait, why, signal, onWait: (holder) => note(`waiting for ${describeHolder(holder)}`) },
      });
    } finally {
      await store.close();
    }
  });
  print(json ? jsonLine(report) : textOf(report));
}

function textOf({ sealed, rewritten, dropped, joined, removed, indexes, bytes, seconds }: CompactReport): string {
  if (sealed + rewritten + dropped + joined.files + indexes === 0) return 'nothing to compact\n';
  const shards = `${formatCount(sealed)} shards sealed, ${formatCount(rewritten)} rewritten, ${formatCount(dropped)} dropped`;
  const files =
    joined.files === 0 ? '' : `, ${formatCount(joined.shards)} joined into ${formatCount(joined.files)} files`;
  const gone = `${formatCount(removed)} dead records removed`;
  const sizes = `shards ${formatBytes(bytes.before)} > ${formatBytes(bytes.after)}`;
  return `${shards}${files}, ${formatCount(indexes)} indexes cleaned; ${gone}; ${sizes} in ${seconds} s\n`;
}

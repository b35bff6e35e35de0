// gristmill audit log: the entries of the log, a line each.

import type { Command } from 'commander';
import type { AuditCollection, AuditEntry, AuditPart } from '../../../index.js';
import { keyPathText } from '../../../keys/key-path.js';
import { AUDIT_OPERATIONS, type AuditOperation } from '../../../store/audit/operations.js';
import { type CommonOptions, choice, readCount, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { standardOutput } from '../../terminal/output.js';

interface LogFlags extends CommonOptions, StoreFlags {
  readonly since?: string;
  readonly until?: string;
  readonly actor?: string;
  readonly operation?: AuditOperation;
  readonly collection?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** Adds the command to `gristmill audit`. */
export function addLog(audit: Command): void {
  const command = audit
    .command('log')
    .description('print the entries of the log, the oldest first')
    .option('--since <time>', 'only entries from this time on, such as 2026-11-30 or 2026-11-30T12:00:00Z')
    .option('--until <time>', 'only entries before this time')
    .option('--actor <name>', 'only entries of this user, user id, host, or value of a field of the application')
    .addOption(choice('--operation <name>', 'only entries of this operation', Object.keys(AUDIT_OPERATIONS)))
    .option('--collection <name>', 'only entries about this collection')
    .option('--limit <n>', 'print at most n entries', readCount)
    .option('--reverse', 'print the newest entries first')
    .action(runLog);
  withStoreFlags(withCommonOptions(command, 'print each entry as one JSON object a line'));
}

async function runLog(flags: LogFlags): Promise<void> {
  const { since, until, actor, operation, collection, limit, reverse, json } = flags;
  const store = await openStore(flags, { readOnly: true });
  const output = standardOutput();
  try {
    const selection = { since, until, actor, operation, collection, limit, reverse };
    for await (const entry of store.audit.log(selection)) {
      await output.write(json ? jsonLine(entry) : `${escapeControls(lineOf(entry))}\n`);
    }
  } finally {
    await store.close();
  }
}

/** Sequence number, time, actor, operation, what it did, why. */
function lineOf(entry: AuditEntry): string {
  const { sequence, time, actor, operation, unlogged, removed, keep, result, transactions, parts } = entry;
  const facts = [
    ...(transactions === undefined || transactions === 1 ? [] : [`${transactions} transactions`]),
    ...(parts ?? [entry]).map(partText),
    ...(removed === undefined ? [] : [`entries ${removed.from} to ${removed.through} removed`]),
    ...(keep === undefined ? [] : [keep === 0 ? 'all entries are kept' : `${keep} entries are kept`]),
    ...(result === 'done' ? [] : [result]),
    ...(unlogged === undefined ? [] : [`${unlogged} changes before it are not in the log`]),
  ];
  const who = `${actor.user ?? actor.uid ?? '?'}@${actor.host}`;
  return [sequence, time, who, operation, facts.filter((fact) => fact !== '').join('; ')].join('  ');
}

function partText({ by, why, collections = [] }: Pick<AuditPart, 'by' | 'why'> & Partial<AuditPart>): string {
  const fields = Object.entries(by ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    collections.map(collectionText).join(', '),
    ...(fields.length === 0 ? [] : [`[${fields.join(' ')}]`]),
    ...(why === undefined ? [] : [JSON.stringify(why)]),
  ].join(' ');
}

function collectionText({ name, to, index, content: _, created, mode, ...counts }: AuditCollection): string {
  const facts = [
    ...(created ? ['created'] : []),
    ...(to === undefined ? [] : [`now ${to}`]),
    ...(index === undefined ? [] : [`index ${keyPathText(index)}`]),
    ...(mode === undefined ? [] : [mode]),
    ...Object.entries(counts).map(([what, count]) => `${what} ${count}`),
  ];
  return `${name} (${facts.join(', ')})`;
}

// gristmill quarantine show: rejected records with their place and the reason, as a text that retry takes back.

import type { Command } from 'commander';
import type { QuarantinedRecord } from '../../../index.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { standardOutput } from '../../terminal/output.js';

/** Adds the command to `gristmill quarantine`. */
export function addShow(quarantine: Command): void {
  const command = quarantine
    .command('show')
    .description('print the rejected records of a file: text, line and reason')
    .argument('<file>', 'name of the file, or the beginning of its name')
    .action(runShow);
  withStoreFlags(withCommonOptions(command, 'print one JSON object a line'));
}

async function runShow(name: string, flags: CommonOptions & StoreFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  const output = standardOutput();
  try {
    for await (const record of store.quarantine.records(name)) {
      await output.write(flags.json ? jsonLine(record) : recordText(record));
    }
  } finally {
    await store.close();
  }
}

function recordText({ number, file, record, records, line, start, reason, message, text }: QuarantinedRecord): string {
  const where = line === undefined ? `byte ${start}` : `line ${line}`;
  const more = records > 1 ? ` and ${records - 1} more` : '';
  const head = `# ${number} ${file}, ${where}, record ${record}${more}: ${reason}, ${message}`;
  return `${escapeControls(head)}\n${text.trim()}\n`;
}

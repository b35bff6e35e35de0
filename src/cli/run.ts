// The program of the command line. Everything that prints is in this folder: the library only returns and throws.
// A command is a file; this one puts them together and turns whatever they throw into an exit code.

import { readFileSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { addAudit } from './commands/audit/audit.js';
import { addBackup } from './commands/backup.js';
import { addCollections } from './commands/collection/list.js';
import { addClear, addDropCollection } from './commands/collection/remove.js';
import { addRename } from './commands/collection/rename.js';
import { addCompact } from './commands/compact.js';
import { addConfig } from './commands/config.js';
import { addDelete } from './commands/delete.js';
import { addEvolve } from './commands/evolve/evolve.js';
import { addExport } from './commands/export.js';
import { addGet } from './commands/get.js';
import { addImport } from './commands/import.js';
import { addIndex } from './commands/index/index.js';
import { addDecrypt, addEncrypt } from './commands/key/convert.js';
import { addInit } from './commands/key/init.js';
import { addKey } from './commands/key/key.js';
import { addPatch } from './commands/patch.js';
import { addPut } from './commands/put.js';
import { addQuarantine } from './commands/quarantine/quarantine.js';
import { addRepair } from './commands/repair.js';
import { addCount } from './commands/rows/count.js';
import { addDistinct } from './commands/rows/distinct.js';
import { addRange } from './commands/rows/range.js';
import { addSchema } from './commands/schema/schema.js';
import { addTypes } from './commands/schema/types.js';
import { addShare } from './commands/share.js';
import { addStat } from './commands/stat.js';
import { addVerify } from './commands/verify.js';
import { addWatch } from './commands/watch.js';
import { KeyCommand } from './shared/command.js';
import { DEFAULT_STORE_SHOWN } from './shared/default-store.js';
import { reportFailure } from './terminal/diagnostics.js';
import { EXIT_HELP, Exit } from './terminal/exit.js';
import { OutputClosed, print, printError, printing } from './terminal/streams.js';

const HELP = `
Examples:
  gristmill import users.json --store ./store --key id --index email
  gristmill get 42 --store ./store
  gristmill range --store ./store --index email --prefix ada@
  gristmill put '{"id":42,"name":"Ada"}' --store ./store
  gristmill stat --store ./store
  gristmill verify --store ./store

Without --store, a command uses the store in the variable GRISTMILL_STORE, else the default store
${DEFAULT_STORE_SHOWN}.
${EXIT_HELP}`;

const COMMAND =
  /^(import|watch|init|encrypt|decrypt|key|get|range|count|distinct|export|stat|schema|types|put|patch|delete|compact|verify|repair|backup|share|config|quarantine|index|evolve|collections|drop|clear|rename|audit)$/;

function createProgram(): Command {
  const program = new KeyCommand('gristmill')
    .description('Imports huge JSON into an indexed store, and looks records up in it.')
    .version(packageVersion())
    .exitOverride()
    // Failures are printed in one place, in one form: below.
    .configureOutput({ writeOut: print, writeErr: printError, outputError: () => {} })
    .showSuggestionAfterError()
    .addHelpText('after', HELP);
  const reading = [addGet, addRange, addCount, addDistinct, addExport, addStat, addCollections, addSchema, addTypes];
  const writing = [addPut, addPatch, addDelete];
  const upkeep = [
    addIndex,
    addEvolve,
    addDropCollection,
    addClear,
    addRename,
    addCompact,
    addVerify,
    addRepair,
    addBackup,
    addShare,
    addQuarantine,
    addEncrypt,
    addDecrypt,
    addKey,
    addAudit,
    addConfig,
  ];
  for (const add of [addImport, addWatch, addInit, ...reading, ...writing, ...upkeep]) add(program);
  return program;
}

/** package.json is above src/ and above dist/src/. */
function packageVersion(): string {
  for (const up of ['../../../package.json', '../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'));
      if (found.name === 'gristmill') return found.version;
    } catch {}
  }
  return 'unknown';
}

/** Runs one command line, given as its words; resolves to the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    await parse(words);
    await printing();
    return Number(process.exitCode ?? Exit.ok);
  } catch (error) {
    // What the command has found out holds, also when nobody wants to read more of it.
    if (error instanceof OutputClosed) return Number(process.exitCode ?? Exit.ok);
    const asJson = words.includes('--json');
    if (!(error instanceof CommanderError)) return reportFailure(error, asJson);
    // Help that was not asked for (no command) is a usage error.
    if (error.code === 'commander.help') return Exit.usage;
    const command = words.find((word) => COMMAND.test(word));
    return reportFailure(error, asJson, `see: gristmill ${command === undefined ? '' : `${command} `}--help`);
  }
}

/** Help and version were asked for, but commander throws when it has printed them. */
async function parse(words: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}

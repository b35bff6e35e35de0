#!/usr/bin/env node
// The command line. Everything that prints is in this folder: the library only returns and throws.
// A command is a file; this one puts them together and turns whatever they throw into an exit code.

import { readFileSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { addBackup } from './backup.js';
import { KeyCommand } from './command.js';
import { addCompact } from './compact.js';
import { addConfig } from './config.js';
import { addDelete } from './delete.js';
import { reportFailure } from './diagnostics.js';
import { EXIT_HELP, Exit } from './exit.js';
import { addExport } from './export.js';
import { addGet } from './get.js';
import { addImport } from './import.js';
import { OutputClosed } from './output.js';
import { addPatch } from './patch.js';
import { addPut } from './put.js';
import { addRange } from './range.js';
import { addRepair } from './repair.js';
import { addStat } from './stat.js';
import { addVerify } from './verify.js';
import { addWatch } from './watch.js';

const HELP = `
Examples:
  gristmill import users.json --store ./store --key id --index email
  gristmill get 42 --store ./store
  gristmill range --store ./store --index email --prefix ada@
  gristmill put '{"id":42,"name":"Ada"}' --store ./store
  gristmill stat --store ./store
  gristmill verify --store ./store
${EXIT_HELP}`;

const COMMAND = /^(import|watch|get|range|export|stat|put|patch|delete|compact|verify|repair|backup|config)$/;

function createProgram(): Command {
  const program = new KeyCommand('gristmill')
    .description('Turns huge JSON into a store you can look records up in.')
    .version(packageVersion())
    .exitOverride()
    // Failures are printed in one place, in one form: below.
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError()
    .addHelpText('after', HELP);
  const reading = [addGet, addRange, addExport, addStat];
  const writing = [addPut, addPatch, addDelete];
  const upkeep = [addCompact, addVerify, addRepair, addBackup, addConfig];
  for (const add of [addImport, addWatch, ...reading, ...writing, ...upkeep]) add(program);
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

/** Runs one command line; resolves to the exit code. */
async function run(argv: readonly string[]): Promise<number> {
  const words = argv.slice(2);
  try {
    await createProgram().parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? Exit.ok);
  } catch (error) {
    if (error instanceof OutputClosed) return Exit.ok;
    const asJson = words.includes('--json');
    if (!(error instanceof CommanderError)) return reportFailure(error, asJson);
    // Help and version were asked for; help that was not asked for (no command) is a usage error.
    if (error.exitCode === 0) return Exit.ok;
    if (error.code === 'commander.help') return Exit.usage;
    const command = words.find((word) => COMMAND.test(word));
    return reportFailure(error, asJson, `see: gristmill ${command === undefined ? '' : `${command} `}--help`);
  }
}

process.exitCode = await run(process.argv);

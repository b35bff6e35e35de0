// node dist/datasets/make.js <name> --bytes 512m --form array --out file

import { createHash } from 'node:crypto';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { DATASETS, type DatasetName, datasetChunks, FORMS, type Form, writeDataset } from './index.js';

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

function parseBytes(text: string): number {
  const [, digits, unit] = /^(\d+)([kmg]?)i?b?$/i.exec(text) ?? [];
  if (!digits) throw new InvalidArgumentError('a size is a number of bytes with an optional k, m or g: 512m');
  return Number(digits) * UNIT_BYTES[unit!.toLowerCase()]!;
}

interface MakeOptions {
  readonly bytes: number;
  readonly form: Form;
  readonly seed: number;
  readonly out?: string;
  readonly sha256?: true;
}

function make(name: DatasetName, { bytes, form, seed, out, sha256 }: MakeOptions, command: Command): void {
  if (!out && !sha256) command.error('say where to write with --out, or ask for the --sha256 alone');
  const options = { name, bytes, form, seed };
  if (out) console.log(JSON.stringify({ ...options, ...writeDataset(out, options) }));
  if (!sha256) return;
  const hash = createHash('sha256');
  for (const chunk of datasetChunks(options)) hash.update(chunk.bytes);
  console.log(hash.digest('hex'));
}

new Command('make')
  .description('writes seeded test data')
  .addArgument(new Argument('<name>').choices(Object.keys(DATASETS)))
  .addOption(new Option('--bytes <size>', 'compact bytes, at least').argParser(parseBytes).default(16 * 2 ** 20, '16m'))
  .addOption(new Option('--form <form>').choices(FORMS).default('ndjson'))
  .addOption(new Option('--seed <number>').argParser(Number).default(1))
  .option('--out <file>')
  .option('--sha256', 'print the checksum of what the options give')
  .action(make)
  .parse();

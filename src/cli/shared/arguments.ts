// From words on the command line to values: keys, sizes, counts, choices. Each parser refuses with a sentence.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { STORE_VARIABLE } from '../../config/found.js';
import { shareOf, sizeOf, timeOf } from '../../config/words.js';
import { canonicalKey } from '../../keys/decode.js';
import type { KeyPart, KeyValue } from '../../keys/encode.js';
import { JsonNumber } from '../../keys/json-number.js';
import { type KeyPath, readKeyPath } from '../../keys/key-path.js';
import { DEFAULT_STORE_SHOWN, defaultStore } from './default-store.js';

/** A flag that has another name now: not in the help, and an error where it is given. */
export function renamed(flags: string, now: string): Option {
  return new Option(flags).hideHelp().argParser(() => {
    throw new InvalidArgumentError(`It is called ${now} now.`);
  });
}

/** A JSON number, as a part of what follows. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.source;
/** A JSON number, true, false, null or string; anything else is meant as it stands. */
const JSON_SCALAR = new RegExp(`^(?:(?<number>${NUMBER})|true|false|null|".*")$`, 's');

/**
 * Reads a key: `42`, `true`, `null` and `"42"` (with its quotes) are JSON scalars, `["x",7]` is a composite key, anything else
 * is a string.
 * A number keeps all its digits: it becomes a bigint or a JsonNumber where it is not exactly a number.
 * @param index the secondary index it is a value of, if any: there it may be of any length
 * @throws GristmillError KEY_TOO_LONG for a number that no record can have as its key
 */
export function readKey(word: string, asString: boolean, index?: KeyPath): KeyValue {
  if (asString) return word;
  return readParts(word, index) ?? readScalar(word, index);
}

/** A JSON array of scalars, as a part of what follows: each item with the comma or bracket after it. */
const ITEM = new RegExp(`\\s*(${NUMBER}|true|false|null|"(?:[^"\\\\]|\\\\.)*")\\s*([,\\]])`, 'y');

/** The components in `["x", 7]`; undefined for a word that is no JSON array of scalars. */
export function readParts(word: string, index?: KeyPath): readonly KeyPart[] | undefined {
  if (!word.startsWith('[') || !isJson(word)) return undefined;
  const parts: KeyPart[] = [];
  ITEM.lastIndex = 1;
  for (let last = ','; last !== ']'; ) {
    const item = ITEM.exec(word);
    if (item === null) return undefined;
    parts.push(readScalar(item[1]!, index));
    last = item[2]!;
  }
  return parts;
}

function isJson(word: string): boolean {
  try {
    JSON.parse(word);
    return true;
  } catch {
    return false;
  }
}

function readScalar(word: string, index?: KeyPath): KeyPart {
  const scalar = JSON_SCALAR.exec(word);
  if (scalar === null) return word;
  if (scalar.groups?.number !== undefined)
    return canonicalKey(new JsonNumber(word), index === undefined ? 'refuse' : 'keep') as KeyPart;
  try {
    return JSON.parse(word) as KeyPart;
  } catch {
    return word; // quotes around something that is not a JSON string
  }
}

/** Whether a word would be read as something else than the string it looks like. */
export function hasStringTwin(word: string): boolean {
  return JSON_SCALAR.test(word) && !word.startsWith('"');
}

/** The shortest and the longest time between two looks: more often would keep a core busy; a day. */
const INTERVAL_MS_MIN = 100;
const INTERVAL_MS_MAX = 86_400_000;

/** Reads a size in bytes: `65536`, `64k`, `64m`, `1.5g` (powers of 1,024; `MiB` and `MB` mean the same). */
export function readSize(word: string): number {
  const bytes = sizeOf(word);
  if (bytes === undefined) throw new InvalidArgumentError('Expected a size such as 65536, 64k, 64m or 1g.');
  return bytes;
}

/** Reads a whole number, negative ones too (`--level -3`). */
export function readInteger(word: string): number {
  const value = /^[+-]?\d+$/.test(word) ? Number(word) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Expected a whole number.');
  return value;
}

/** Reads a whole number from 0. */
export function readCount(word: string): number {
  const value = readInteger(word);
  if (value < 0) throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return value;
}

/** Reads the milliseconds between two looks: `500ms`, `5s`, `1m`. */
export function readInterval(word: string): number {
  const milliseconds = timeOf(word) ?? Number.NaN;
  if (milliseconds >= INTERVAL_MS_MIN && milliseconds <= INTERVAL_MS_MAX) return milliseconds;
  throw new InvalidArgumentError('Expected a time from 100ms to 1d, such as 500ms, 5s or 1m.');
}

/** Reads a share: `0.01` or `1%`. */
export function readRatio(word: string): number {
  const value = shareOf(word) ?? Number.NaN;
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('Expected a share from 0 to 1, such as 0.01 or 1%.');
  return value;
}

/** Collects the path of a key: given several times, the paths are those of the components of a composite key. */
export function collectKey(word: string, before: KeyPath | undefined): KeyPath {
  if (before === undefined) return readKeyPath(word);
  if (typeof before === 'string') return [before, word];
  return [...before, word];
}

/** Collects paths of indexes. */
export function collectPaths(word: string, before: readonly KeyPath[] = []): readonly KeyPath[] {
  return [...before, readKeyPath(word)];
}

/** Collects paths of members: several of them with commas between. A JSON Pointer is one path, with its commas. */
export function collectNames(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...(word.startsWith('/') ? [word] : word.split(','))];
}

/** Collects an option that may be given many times. */
export function collect(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

/** An option with a closed list of values. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values);
}

/** Options every command has. */
export interface CommonOptions {
  readonly store: string;
  readonly json?: boolean;
}

/** Adds the options every command has. */
export function withCommonOptions(command: Command, json: string): Command {
  return command
    .option(
      '--store <dir>',
      `directory of the store (default: the variable ${STORE_VARIABLE}, else ${DEFAULT_STORE_SHOWN})`,
    )
    .option('--json', json)
    .hook('preAction', (_this, command) => giveStore(command));
}

/**
 * The store where no flag names one: that of the variable, else the default one. An empty variable counts as not set, as
 * everywhere.
 */
function giveStore(command: Command): void {
  const { store, config } = command.opts();
  if (store !== undefined) return;
  // --no-config leaves out all variables.
  const named = config === false ? '' : process.env[STORE_VARIABLE];
  const used = named || defaultStore();
  if (used) {
    command.setOptionValueWithSource('store', used, named ? 'env' : 'default');
  } else {
    command.error(
      `error: required option '--store <dir>' not specified, and this user has no home directory; give it, or set the variable ${STORE_VARIABLE}`,
    );
  }
}

// The library speaks of options, `option layout: 'object'`; the command line of flags, `--layout object`. Texts are written once,
// for the library, and put into flags here.

import { shellWord } from '../../base/shell-word.js';
import { FILES_OPTIONS, STREAM_OPTIONS } from '../../export/work/options.js';
import { IMPORT_OPTIONS } from '../../import/options/table.js';
import { STORE_OPTIONS } from '../../options/store.js';
import { WATCH_OPTIONS } from '../../watch/watch-options.js';

/** `option name`, or with a value: `option name: 'text'`, `option name: 12`. What ends a sentence is no part of it. */
const MENTION = /\boption ([a-z][A-Za-z]*)(?:: ('[^']*'|[^\s,;:()'][^\s,;()]*?(?=[.,;:)]*(?:\s|$))))?/g;
/** What checks of values call them: `options.name`. Options within options are JSON, and have no flag of their own. */
const CHECKED = /\boptions\.([a-z][A-Za-z]*)\b(?!\.\w)/g;
const NAMES: ReadonlySet<string> = new Set([
  ...[IMPORT_OPTIONS, STORE_OPTIONS, WATCH_OPTIONS, STREAM_OPTIONS, FILES_OPTIONS].flatMap((table) =>
    Object.keys(table),
  ),
  'config',
  'onlyNew',
]);
/** Flags that are not named as their options. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['recordBytesMax', '--max-record-bytes'],
  ['indexes', '--index'],
  ['uniqueIndexes', '--unique-index'],
  ['minDeadShare', '--min-dead'],
  ['joinBytes', '--join-below'],
  ['collections', '--select <place>=<collection>'],
  ['encryption', '--key-file <file>'],
]);
const SPELLED: ReadonlyMap<string, string> = new Map([
  ["resume: 'never'", '--no-resume'],
  ["resume: 'require'", '--resume'],
]);

/** A text of the library with its options as flags. */
export function inFlags(text: string): string {
  const checked = text.replace(CHECKED, (mention: string, name: string) => knownFlag(name) ?? mention);
  return checked.replace(MENTION, (mention: string, name: string, value: string | undefined) => {
    const flag = knownFlag(name);
    if (flag === undefined) return mention;
    if (value === undefined) return flag;
    const spelled = SPELLED.get(`${name}: ${value}`);
    if (spelled !== undefined) return spelled;
    if (value === 'true') return flag;
    if (value === 'false') return flag.replace('--', '--no-');
    return `${flag} ${shellWord(value.startsWith("'") ? value.slice(1, -1) : value)}`;
  });
}

/** Undefined for a word that is no option of the command line. */
function knownFlag(name: string): string | undefined {
  return RENAMED.get(name) ?? (NAMES.has(name) ? flagOf(name) : undefined);
}

/** The flag of an option that is named as its flag is. */
export function flagOf(name: string): string {
  return `--${kebab(name)}`;
}

export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

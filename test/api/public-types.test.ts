// Goal: whoever uses the library can name every type that its signatures mention.
// Method: the declarations of dist/src/index.d.ts are followed to the files where they stand; each name in them that is a
// type of ours must be exported by the index too.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';

const INDEX = join(ROOT, 'dist/src/index.d.ts');
/** How options are computed from their tables: readers see the result. */
const MACHINERY =
  /^(Given|Resolved|OptionTable|DataTable|NoOptions|STORE_OPTIONS|CACHE_OPTIONS|IMPORT_OPTIONS|WATCH_OPTIONS|Written|WrittenAs)$/;

const withoutComments = (file: string) => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');

/** Names that a file takes from others of ours, with the file: `import` or `export … from`. */
function namesFrom(text: string, file: string, word: 'import' | 'export'): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, names, path] of text.matchAll(new RegExp(`^${word} (?:type )?\\{([^}]*)\\} from '(\\.[^']*)'`, 'gm'))) {
    const target = join(dirname(file), path!.replace(/\.js$/, '.d.ts'));
    for (const name of names!.split(',')) found.set(name.replace(/\btype\b/, '').trim(), target);
  }
  found.delete('');
  return found;
}

/** The text of one declaration: up to the next one that begins a line. */
function declarationOf(text: string, name: string): string {
  const begins = new RegExp(
    `^(?:export )?(?:declare )?(?:abstract )?(?:interface|class|type|function|const) ${name}\\b`,
    'm',
  );
  const at = text.search(begins);
  if (at === -1) return '';
  const end = text.slice(at + 1).search(/^(?:export|declare|interface|type|class|import)\b/m);
  return text.slice(at, end === -1 ? undefined : at + 1 + end);
}

test('every type that a signature mentions is exported', () => {
  const index = withoutComments(INDEX);
  const exported = namesFrom(index, INDEX, 'export');
  const missing = new Set<string>();
  const look = (text: string, file: string, from: string) => {
    const whole = withoutComments(file);
    const others = namesFrom(whole, file, 'import');
    const own = [...whole.matchAll(/^export (?:declare )?(?:interface|class|type) (\w+)/gm)].map(([, name]) => name!);
    // What is private is not seen.
    const seen = text.replace(/^\s*private .*$|^\s*constructor\(.*$|^\s*static .*$/gm, '');
    for (const name of [...others.keys(), ...own]) {
      if (MACHINERY.test(name) || name === from || !new RegExp(`\\b${name}\\b`).test(seen)) continue;
      if (!exported.has(name)) missing.add(`${name}, which ${from} mentions`);
    }
  };
  for (const [name, file] of exported) look(declarationOf(withoutComments(file), name), file, name);
  look(index.slice(index.indexOf('export declare function')), INDEX, 'repairStore');
  expect([...missing].sort()).toEqual([]);
});

// Goal: docs/configuration.md lists the options there are, with their values, defaults and variables, and its examples are
// accepted. Method: its tables are made here from the tables in the code and compared; its examples are cut out and read.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { effectiveOptions } from '../../src/config/effective.js';
import { tableFor, variableFor } from '../../src/config/settings.js';
import { writeOption } from '../../src/config/words.js';
import type { DataRow } from '../../src/options/check.js';
import { CACHE_OPTIONS } from '../../src/options/store.js';
import { ROOT } from '../support/cli.js';

const PAGE = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');

/** What an option may be, in words. */
function valuesOf(row: DataRow): string {
  const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ');
  switch (row.type) {
    case 'boolean':
      return code(['true', 'false']);
    case 'choice':
      return code(row.choices);
    case 'freshness':
      return `${code(['immediate', 'warm'])}, \`stale:\` and a time`;
    case 'text':
      return 'text';
    case 'texts':
      return 'list of texts';
    case 'path':
      return 'text, or list of texts';
    case 'paths':
      return 'list of texts, or of lists of texts';
    case 'indexes':
      return 'list of texts, of lists of texts, or of objects';
    default: {
      const unit = row.unit ?? 'number';
      const kind = { bytes: 'size', milliseconds: 'time', share: 'share', number: 'number' }[unit];
      const [min, max] = [row.min, row.max].map((bound) => writeOption(bound, row));
      return `${kind}, ${row.max === Number.POSITIVE_INFINITY ? `from ${min}` : `${min} to ${max}`}`;
    }
  }
}

/** A table of the page, from the table in the code. */
function tableOf(of: 'store' | 'import', isListed: (name: string) => boolean): string {
  const lines = Object.entries(tableFor(of))
    .filter(([name]) => isListed(name))
    .map(([name, row]) => {
      // A default that depends on the machine or the source is told by the meaning.
      const word = row.meaning.includes('unset:') ? '' : writeOption(row.default, row);
      const cells = [`\`${name}\``, valuesOf(row), word === '' ? '–' : `\`${word}\``, row.meaning];
      return `| ${[...cells, `\`${variableFor(of, name)}\``].join(' | ')} |`;
    });
  return ['| option | values | default | meaning | variable |', '|---|---|---|---|---|', ...lines].join('\n');
}

/** The text under a heading, as far as the next. */
function section(heading: string): string {
  const found = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  return found ?? expect.unreachable(`there is no "## ${heading}"`);
}

/** The table under a heading. */
const tableIn = (heading: string) =>
  section(heading)
    .match(/^\|.*\n(?:\|.*\n)*/m)?.[0]
    .trimEnd();

describe('docs/configuration.md', () => {
  const isOfCaches = (name: string) => Object.hasOwn(CACHE_OPTIONS, name);

  test('lists the options of the caches', () => {
    expect(tableIn('Caches')).toBe(tableOf('store', isOfCaches));
  });

  test('lists the other options of a store', () => {
    expect(tableIn('Store')).toBe(tableOf('store', (name) => !isOfCaches(name)));
  });

  test('lists the options of imports', () => {
    expect(tableIn('Imports')).toBe(tableOf('import', () => true));
  });

  test.each(['json', 'js', 'ts'])('has an example of a .%s file that is accepted', async (language) => {
    const [, example] = PAGE.match(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm')) ?? [];
    const directory = mkdtempSync(join(tmpdir(), 'gristmill-config-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const config = join(directory, `gristmill.config.${language}`);
    writeFileSync(config, example ?? expect.unreachable('there is no example'));
    const { options } = await effectiveOptions({ config });
    expect(options).not.toEqual((await effectiveOptions({ config: false })).options);
  });
});

// Goal: what docs/schemas.md shows of a profile is what users get.
// Method: the records of its example are profiled. Each block and table of the page is compared with the output.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diffProfiles } from '../../src/profile/show/diff.js';
import { differenceText } from '../../src/profile/show/diff-text.js';
import { jsonSchema } from '../../src/profile/show/json-schema.js';
import { schemaRows } from '../../src/profile/show/rows.js';
import { typescriptOf } from '../../src/profile/show/typescript.js';
import { ROOT } from '../support/cli.js';
import { profileOf } from '../support/profiled.js';

const page = readFileSync(join(ROOT, 'docs/schemas.md'), 'utf8');

/** The block of code after a marker, which is a comment of the page. */
function blockAfter(marker: string): string {
  const found = new RegExp(`<!-- ${marker} -->\n\`\`\`\\w*\n([^]*?)\`\`\`\n`).exec(page);
  expect(found, marker).not.toBeNull();
  return found![1]!;
}

const profileAt = (marker: string) => profileOf(blockAfter(marker).trimEnd().split('\n'));
const users = profileAt('example: users');

test('the table', () => {
  const cells = schemaRows(users).map((row) => Object.values({ ...row, warnings: row.warnings.join('; ') }));
  const lines = cells.map((row) => `|${row.map((cell) => (cell === '' ? ' ' : ` \`${cell}\` `)).join('|')}|\n`);
  expect(page).toContain(lines.join(''));
});

test('the JSON Schema, and an annotation', () => {
  const schema = jsonSchema(users, { title: 'users' });
  const rules = JSON.parse(JSON.stringify(schema), (name, value) => (name === 'x-gristmill' ? undefined : value));
  expect(JSON.parse(blockAfter('example: rules'))).toEqual(rules);
  const { tags } = schema.properties as Record<string, { 'x-gristmill': unknown }>;
  expect(JSON.parse(blockAfter('example: annotation'))).toEqual(tags!['x-gristmill']);
});

test('the types', () => {
  expect(blockAfter('example: types')).toBe(typescriptOf([{ name: 'users', profile: users }]));
});

test('the differences', () => {
  const differences = diffProfiles(users, profileAt('example: later users'));
  expect(blockAfter('example: differences')).toBe(differences.map((one) => `${differenceText(one)}\n`).join(''));
});

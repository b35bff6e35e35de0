// migrations, records > shapes > [test file]
//
// A test of migrations, for the project that has them: what becomes of real records, and the laws that hold for any plan. The
// file runs with `node --test`, and a person is to read it: what the migrations make is written out.

import { MigrationFailure } from '../failure.js';
import { planOf } from '../plan/plan.js';
import type { Functions, Migration } from '../types.js';

/**
 * The text of a test file, an ECMAScript module.
 * @param records texts of records in the version that the first migration begins with (see `recordsOfShapes`)
 * @param functions those that the migrations call. The file does not have them: its reader has to import them.
 */
export function testFileOf(
  migrations: readonly Migration[],
  records: readonly string[],
  functions: Functions = [],
): string {
  const plan = planOf(migrations, functions);
  const rows = records.map((record) => {
    try {
      return `  { record: ${quoted(record)}, newer: ${quoted(plan.up(record))} },`;
    } catch (error) {
      if (!(error instanceof MigrationFailure)) throw error;
      return `  // ${error.message}\n  { record: ${quoted(record)}, refused: '${error.reason}' },`;
    }
  });
  const { from, to, isLossless } = plan;
  const { collection } = migrations[0]!;
  return `// Goal: the migrations of ${inComment(collection)} from version ${from} to version ${to} do what is written here.
// Method: real records, one of each shape. Correct \`newer\` where the migrations should give another record.

import assert from 'node:assert/strict';
import test from 'node:test';
import { checkMigration, planOf } from 'gristmill';

const migrations = ${JSON.stringify(migrations, null, 2)};
const plan = planOf(migrations.map(checkMigration)${needsFunctions(migrations) ? ', [/* the functions that they call */]' : ''});

const rows = [
${rows.join('\n')}
];
const changed = rows.filter((row) => row.newer !== undefined);

test('each record becomes what is written here, or is refused', () => {
  for (const { record, newer, refused } of rows) {
    if (refused === undefined) assert.equal(plan.up(record), newer);
    else assert.throws(() => plan.up(record), { code: 'MIGRATION_FAILED', reason: refused });
  }
});

test('a record that the newer version did not change comes back, byte for byte', () => {
  for (const { record, newer } of changed) assert.equal(plan.down(newer, record), record);
});

test('what the newer version changed is in the older record, too', () => {
  for (const { record } of changed) {
    for (const { record: other, newer } of changed) {
      // As if the newer version had made the one record of the other.
      const older = olderOf(newer, record);
      if (older !== undefined) assert.deepEqual(JSON.parse(plan.up(older)), JSON.parse(newer), \`\${record} changed as \${other}\`);
    }
  }
});
${
  isLossless
    ? `
test('nothing is lost', () => {
  for (const { record, newer } of changed) assert.equal(plan.down(newer), record);
});
`
    : ''
}
/** Undefined: a value of the newer version has no older one, such as what \`otherwise\` stands for. */
function olderOf(newer, record) {
  try {
    return plan.down(newer, record);
  } catch (error) {
    if (error.code !== 'MIGRATION_FAILED') throw error;
    return undefined;
  }
}
`;
}

/** A literal of JavaScript. JSON has the same strings, and its own escapes for what ends a line. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function inComment(text: string): string {
  return quoted(text);
}

function needsFunctions(migrations: readonly Migration[]): boolean {
  return JSON.stringify(migrations).includes('"op":"call"');
}

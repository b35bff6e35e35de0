// npm run test:torture: power cuts, processes killed at every system call, failing disks, for about ten minutes. On Linux;
// power cuts and small file systems need root, and are mounted in a namespace of their own so that nothing stays
// mounted. What the machine lacks is skipped, counted and named. Arguments go to vitest: `npm run test:torture -- readers`.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { inRoot, setUp } from './setup.mjs';
import { failureText, readReport } from './test.mjs';

const RESULTS = inRoot('node_modules/.cache/gristmill');
const REPORT = `${RESULTS}/vitest-torture.json`;

await setUp();
mkdirSync(RESULTS, { recursive: true });
rmSync(REPORT, { force: true });

const vitest = [
  ...[inRoot('node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.torture.config.ts'],
  ...['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...process.argv.slice(2)],
];
const hasNamespace = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const command = hasNamespace ? ['unshare', '-m', process.execPath, ...vitest] : [process.execPath, ...vitest];
const env = { ...process.env, ...(hasNamespace && { TORTURE_NAMESPACE: '1' }) };
const { status } = spawnSync(/** @type {string} */ (command[0]), command.slice(1), {
  cwd: inRoot('.'),
  stdio: 'inherit',
  env,
});

const count = existsSync(REPORT) ? readReport(REPORT, 'torture') : { passed: 0, failed: 0, failures: [] };
if (status !== 0 && count.failed === 0) {
  count.failed = 1;
  count.failures.push('torture: see its output above');
}
const skipped = existsSync(REPORT) ? skippedTests() : [];
for (const name of skipped) console.log(`SKIPPED: ${name}`);
const line = `tests: ${count.passed} passed, ${count.failed} failed`;
const failed = failureText(count.failures);
writeFileSync(`${RESULTS}/torture.txt`, `${line}\n`);
writeFileSync(`${RESULTS}/torture-failed.txt`, failed);
console.log(`\n${failed}${line}${skipped.length === 0 ? '' : `, ${skipped.length} skipped`}`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;

/** Full names of what did not run here. */
function skippedTests() {
  const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8'));
  return testResults
    .flatMap((/** @type {any} */ file) => file.assertionResults)
    .filter((/** @type {any} */ test) => test.status === 'skipped' || test.status === 'pending')
    .map((/** @type {any} */ test) => test.fullName);
}

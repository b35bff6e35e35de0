// npm test: everything `.ci/run` runs, from a fresh clone: install, build, lint, types, the suite on this Node and on
// the newest. Every step runs even when one before it failed, so that one run tells all.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { newestNode } from './newest-node.mjs';
import { inRoot, setUp } from './setup.mjs';

const RESULTS = 'node_modules/.cache/gristmill';
/** The last line of this run, for `.ci/run`: npm prints lines of its own after a failure. */
const SUMMARY = `${RESULTS}/tests.txt`;
/** Not again on the newest Node: what takes long and does not depend on the version of Node. */
const ONLY_ON_THIS_NODE = '1[013-8] 19.kernel-large 2[1345] 3[0-3] 35 36 38 39 40 43 4[56] 5[12356] 57 6[0-5] 8[0-3]'
  .split(' ')
  .map((name) => `test/${name}.*`);

/** @typedef {{ passed: number, failed: number }} Count */

/** @type {Count} */
const total = { passed: 0, failed: 0 };

/**
 * Runs one step and says how long it took. A failed step is at least one failed test in the total.
 * @param {string} name
 * @param {() => boolean | Promise<boolean>} work
 */
async function step(name, work) {
  const began = performance.now();
  const failedBefore = total.failed;
  console.log(`\n== ${name}`);
  const passed = await work();
  if (!passed && total.failed === failedBefore) total.failed++;
  console.log(`== ${name}: ${passed ? 'passed' : 'FAILED'} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/**
 * Runs a script of node_modules.
 * @param {string} node
 * @param {string} script
 * @param {readonly string[]} args
 */
function run(node, script, args) {
  return (
    spawnSync(node, [inRoot(`node_modules/${script}`), ...args], { cwd: inRoot('.'), stdio: 'inherit' }).status === 0
  );
}

/**
 * Runs the suite and adds its tests to the total.
 * @param {string} node
 * @param {string} label
 * @param {readonly string[]} args
 */
function suite(node, label, args) {
  const results = inRoot(`${RESULTS}/vitest-${label}.json`);
  rmSync(results, { force: true });
  const passed = run(node, 'vitest/vitest.mjs', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...args,
  ]);
  const count = countTests(results);
  total.passed += count.passed;
  total.failed += count.failed;
  return passed && count.failed === 0;
}

/**
 * @param {string} path of a report of vitest
 * @returns {Count}
 */
export function countTests(path) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  // A file that could not even be loaded has no tests, and must not pass for one that is fine.
  const broken = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === 'failed' && file.assertionResults.every((/** @type {any} */ test) => test.status !== 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

function onNewestNode() {
  const newest = newestNode();
  if ('missing' in newest) {
    console.log(`SKIPPED: no run on the newest Node: ${newest.missing}`);
    return true;
  }
  console.log(`Node ${newest.version}`);
  return suite(
    newest.path,
    'newest',
    ONLY_ON_THIS_NODE.flatMap((pattern) => ['--exclude', pattern]),
  );
}

async function main() {
  mkdirSync(inRoot(RESULTS), { recursive: true });
  const node = process.execPath;
  await step('build', async () => {
    await setUp();
    return true;
  });
  // npm ci removed it together with node_modules.
  mkdirSync(inRoot(RESULTS), { recursive: true });
  await step('lint', () => run(node, '@biomejs/biome/bin/biome', ['check']));
  await step('types', () => run(node, 'typescript/bin/tsc', ['-p', 'tsconfig.check.json']));
  await step(`tests on Node ${process.version}`, () => suite(node, 'this', []));
  await step('tests on the newest Node', onNewestNode);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await main();
  } catch (error) {
    total.failed++;
    console.error(error instanceof Error ? error.message : error);
  }
  const line = `tests: ${total.passed} passed, ${total.failed} failed`;
  mkdirSync(inRoot(RESULTS), { recursive: true });
  writeFileSync(inRoot(SUMMARY), `${line}\n`);
  console.log(`\n${line}`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

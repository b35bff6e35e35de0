// npm test: everything `.ci/run` runs, from a fresh clone: install, build, lint, types, the suite on this Node, parts of it
// on encrypted stores, on the oldest and the newest Node, and with each zstd. Every step runs even when one before it failed, so that one run tells all.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testsMarked } from './files.mjs';
import { newestNode, oldestNode } from './other-node.mjs';
import { inRoot, setUp } from './setup.mjs';

const RESULTS = 'node_modules/.cache/gristmill';
/** The last line of this run, for `.ci/run`: npm prints lines of its own after a failure. */
const SUMMARY = `${RESULTS}/tests.txt`;
/** What failed, for the same. */
const FAILURES = `${RESULTS}/tests-failed.txt`;
const FAILURES_SAID = 20;
const FAILURE_LINES = 12;
/** Test files with the line `// @node all: …` run on the oldest and the newest Node too: it says what depends on the version of Node. */
const ON_EVERY_NODE = 'node all';
/** Those with `// @zstd: …` run once more with each zstd that this Node would not use (docs/package.md). */
const ON_EVERY_ZSTD = 'zstd';
/** Those with `// @encrypted: …` run once more with variables that make their stores encrypted. */
const ENCRYPTED = 'encrypted';
const KEY_FILE = `${RESULTS}/store.key`;
const KEY_BYTES = 32;
/** Of what has no end to it, other Nodes try less: the same code was tried on this one (test/support/effort.ts). */
const EFFORT_ON_OTHERS = process.env.EFFORT ?? '0.06';

/** @typedef {{ passed: number, failed: number }} Count */

/** @type {Count} */
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const failures = [];

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
  if (!passed && total.failed === failedBefore) {
    total.failed++;
    failures.push(`${name}: see its output above`);
  }
  console.log(`== ${name}: ${passed ? 'passed' : 'FAILED'} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/**
 * Runs a script of node_modules.
 * @param {string} node
 * @param {string} script
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 */
function run(node, script, args, env) {
  const all = [inRoot(`node_modules/${script}`), ...args];
  return spawnSync(node, all, { cwd: inRoot('.'), stdio: 'inherit', env: { ...process.env, ...env } }).status === 0;
}

/**
 * Runs the suite and adds its tests to the total.
 * @param {string} node
 * @param {string} label
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 */
function suite(node, label, args, env) {
  const results = inRoot(`${RESULTS}/vitest-${label}.json`);
  rmSync(results, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const passed = run(node, 'vitest/vitest.mjs', ['run', ...reporters, ...args], env);
  const count = readReport(results, label);
  total.passed += count.passed;
  total.failed += count.failed;
  failures.push(...count.failures);
  return passed && count.failed === 0;
}

/**
 * Reads what vitest wrote of a run. A file that could not even be loaded has no tests, and counts as one that failed.
 * @param {string} path of a report of vitest
 * @param {string} label
 * @returns {Count & { failures: string[] }} each failure as `label: file > test` and what it said
 */
export function readReport(path, label) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const failures = report.testResults.flatMap((/** @type {any} */ file) => {
    if (file.status !== 'failed') return [];
    const failed = file.assertionResults.filter((/** @type {any} */ test) => test.status === 'failed');
    const where = `${label}: ${relative(inRoot('.'), file.name)}`;
    if (failed.length === 0) return [`${where}\n${file.message}`];
    return failed.map((/** @type {any} */ test) => `${where} > ${test.fullName}\n${test.failureMessages.join('\n')}`);
  });
  return { passed: report.numPassedTests, failed: failures.length, failures };
}

/**
 * What failed, for `.ci/run` to say again at its end, where whoever sees only the last lines of a log reads it.
 * @param {readonly string[]} failures
 */
export function failureText(failures) {
  const text = failures.map((failure) => `FAILED ${indented(failure.split('\n').slice(0, FAILURE_LINES))}\n`);
  return text.slice(0, FAILURES_SAID).join('');
}

/** @param {readonly string[]} lines */
function indented(lines) {
  return lines.map((line) => line.slice(0, 300)).join('\n    ');
}

/**
 * @param {string} label
 * @param {ReturnType<typeof newestNode>} other
 * @param {Record<string, string>} env
 */
function onOtherNode(label, other, env) {
  if ('missing' in other) {
    console.log(`SKIPPED: no run on the ${label} Node: ${other.missing}`);
    return true;
  }
  console.log(`Node ${other.version}`);
  const files = [...new Set([ON_EVERY_NODE, ON_EVERY_ZSTD].flatMap(testsMarked))];
  return suite(other.path, label, files, { EFFORT: EFFORT_ON_OTHERS, ...env });
}

/** Stores that are made with the options of the environment are encrypted. */
function onEncryptedStores() {
  rmSync(inRoot(KEY_FILE), { force: true });
  writeFileSync(inRoot(KEY_FILE), randomBytes(KEY_BYTES), { mode: 0o600 });
  const env = { GRISTMILL_KEY_FILE: inRoot(KEY_FILE), GRISTMILL_KEYS: 'plaintext' };
  return suite(process.execPath, 'encrypted', testsMarked(ENCRYPTED), env);
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
  await step('tests on encrypted stores', onEncryptedStores);
  await step('tests with WebAssembly for zstd, on the oldest Node', () =>
    onOtherNode('oldest', oldestNode(), { GRISTMILL_ZSTD: 'wasm' }),
  );
  await step('tests with the zstd of Node, on the newest Node', () =>
    onOtherNode('newest', newestNode(), { GRISTMILL_ZSTD: 'node' }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await main();
  } catch (error) {
    total.failed++;
    failures.push(error instanceof Error ? error.message : String(error));
  }
  const line = `tests: ${total.passed} passed, ${total.failed} failed`;
  mkdirSync(inRoot(RESULTS), { recursive: true });
  writeFileSync(inRoot(SUMMARY), `${line}\n`);
  writeFileSync(inRoot(FAILURES), failureText(failures));
  console.log(`\n${failureText(failures)}${line}`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

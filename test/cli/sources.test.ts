// Goal: the command line takes sources from pipes as shells make them, and compressed ones.
// Method: real shells, pipes, named pipes and redirections; the same records come of all of them.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CLI, gristmill, parseLines, scratch, start } from '../support/cli.js';

const RECORDS = Array.from({ length: 500 }, (_, id) => ({ id }));
const TEXT = RECORDS.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Runs a line of bash in which `$G` is gristmill. */
function bash(line: string, cwd: string): string {
  return execFileSync('bash', ['-c', line], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, G: `${process.execPath} ${CLI}` },
  });
}

test.each([
  'cat a.ndjson | $G import - --store s --key id',
  '$G import - --store s --key id < a.ndjson',
  'cat a.ndjson.gz | $G import - --store s --key id',
  '$G import <(cat a.ndjson) --store s --key id',
  '$G import a.ndjson.gz --store s --key id',
  'mkfifo p; (cat a.ndjson > p &); $G import p --store s --key id',
  '(head -n 100 a.ndjson; tail -n +101 a.ndjson) | $G import - --store s --key id',
  'tail -n +101 a.ndjson > b.ndjson; head -n 100 a.ndjson | $G import - b.ndjson --store s --key id',
])('%s', async (line) => {
  const cwd = scratch();
  writeFileSync(join(cwd, 'a.ndjson'), TEXT);
  writeFileSync(join(cwd, 'a.ndjson.gz'), gzipSync(TEXT));
  bash(line, cwd);
  const { stdout } = await gristmill('export', '--store', join(cwd, 's'));
  expect(parseLines(stdout)).toEqual(RECORDS);
});

test('standard input that is empty, cut or given twice is an error, and no store is made of it', async () => {
  const cwd = scratch();
  const store = join(cwd, 's');
  const twice = await gristmill('import', '-', '-', '--store', store);
  expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('given twice') });
  expect(existsSync(store)).toBe(false);
  expect(bash('$G import - --store s --json < /dev/null 2>&1; echo $?', cwd)).toMatch(/SOURCE_EMPTY[\s\S]*3\n$/);
  const cut = bash(`printf '{"id":1}\\n{"id"' | $G import - --store s --json 2>&1; echo $?`, cwd);
  expect(cut).toMatch(/BAD_RECORD[\s\S]*"line":2[\s\S]*3\n$/);
});

test('Ctrl-C ends an import whose producer says nothing', async () => {
  const store = join(scratch(), 's');
  const child = spawn(process.execPath, [CLI, 'import', '-', '--store', store], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.write('{"id":1}\n');
  // The lock is taken when it waits for its source.
  await expect.poll(() => existsSync(join(store, 'index')), { timeout: 60_000 }).toBe(true);
  child.kill('SIGINT');
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(130);
  child.stdin.destroy();
});

test('the help names both', async () => {
  const { stdout } = await start(['import', '--help']).ended;
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('- is standard input');
  expect(stdout).toContain('--codec <name>');
});

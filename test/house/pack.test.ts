// Goal: the package works where it is installed, not only where it is built: wasm files, worker entries and the bin are
// all in the tarball, and no dev dependency is needed. Method: npm pack, npm install into an empty project, then import
// with workers, load frames in the background, look up, and run the bin from there.
//
// Install scripts are off and zstd's compiled addon is copied from this checkout: compiling it again would take a minute
// and test nothing of ours (`npm ci` of this checkout did it already).

import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ROOT, scratch } from '../support/cli.js';

const run = promisify(execFile);
const MINUTES = 60_000;

const PROGRAM = `
import { Worker } from 'node:worker_threads';
import { openStore } from 'gristmill';
const store = await openStore('store', { create: true });
const report = await store.import('records.json', { key: 'id', workers: 2, spanBytes: 65536 });
let answers = 0;
const { emit } = Worker.prototype;
Worker.prototype.emit = function (name, ...told) { if (name === 'message') answers++; return emit.call(this, name, ...told); };
const warmed = await store.warm({ whole: true });
const records = store.collection('records');
console.log(JSON.stringify({ report, warmed, answers, record: records.getSync(1234), text: await records.getText(1234) }));
await store.close();
`;

/** npm, by the script that runs this test where there is one, without what `npm test` put into the environment. */
function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle)_/.test(name)),
  );
  return run('npm', args, { cwd, env, maxBuffer: 1 << 24, shell: process.platform === 'win32' });
}

/** An empty project with the packed package installed. */
async function installed(): Promise<string> {
  const folder = scratch();
  writeFileSync(join(folder, 'package.json'), '{"name":"user","private":true,"type":"module"}');
  const packed = await npm(['pack', ROOT, '--json', '--ignore-scripts', '--pack-destination', folder], folder);
  const [pack] = asList(JSON.parse(packed.stdout));
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await npm(['install', join(folder, pack!.filename), ...flags], folder);
  const addon = 'node_modules/zstd-napi/build';
  cpSync(join(ROOT, addon, 'Release/binding.node'), join(folder, addon, 'Release/binding.node'), { recursive: true });
  return folder;
}

/** npm 10 and 11 print a list of packages; later ones an object by name. */
function asList(packed: unknown): { filename: string }[] {
  return Array.isArray(packed) ? packed : Object.values(packed as object);
}

/** Records with an integer beyond 2^53, so that a lookup shows whether it was kept. */
function recordsFile(count: number): string {
  const record = (id: number) => `{"id":${id},"exact":9007199254740993,"text":"${'x'.repeat(100)}"}`;
  return `[${Array.from({ length: count }, (_, id) => record(id)).join(',')}]`;
}

describe('the packed package', () => {
  test('imports with workers, looks a record up and has a working bin', { timeout: 4 * MINUTES }, async () => {
    const folder = await installed();
    const home = join(folder, 'node_modules/gristmill');
    expect(readdirSync(home).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'docs', 'package.json']);
    expect(existsSync(join(home, 'dist/test'))).toBe(false);

    writeFileSync(join(folder, 'records.json'), recordsFile(5000));
    writeFileSync(join(folder, 'program.js'), PROGRAM);
    const { stdout } = await run(process.execPath, ['program.js'], { cwd: folder });
    const { report, warmed, answers, record, text } = JSON.parse(stdout);
    expect(report).toMatchObject({ layout: 'array', workers: 2, records: { read: 5000, stored: 5000 } });
    expect(report.shards).toBeGreaterThan(1);
    expect(warmed).toMatchObject({ records: 5000, complete: true });
    expect(answers).toBeGreaterThan(0);
    expect(record.id).toBe(1234);
    expect(text).toContain('"exact":9007199254740993');

    const bin = join(folder, 'node_modules/.bin/gristmill');
    const got = await run(bin, ['get', '77', '--store', 'store'], { cwd: folder });
    expect(got.stdout).toMatch(/^\{"id":77,"exact":9007199254740993,.*\}\n$/);
    const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    expect((await run(bin, ['--version'])).stdout).toBe(`${version}\n`);
  });
});

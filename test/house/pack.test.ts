// Goal: the package that users install works without this repository, a compiler or scripts: it has every file that runs and no
// other, its types are found however a project looks for them, it can be required, and it says what is missing or wrong. Method:
// npm pack, npm install into an empty project, then programs, compilers and bundlers there; publint and arethetypeswrong.
// @node all: which zstd is there, and whether a module can be required, depends on it

import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';
import { node, type PackedProject, packedProject, tool } from '../support/packed-project.js';

/** Loading from workers and in background, records, the errors of what is not installed, and which zstd there is. */
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
const missing = [];
for (const method of ['metricsRegistry', 'instrument']) await store[method]().catch(({ code, message }) => missing.push([code, message]));
const { zstd } = store.stat();
console.log(JSON.stringify({ report, warmed, answers, missing, zstd, record: records.getSync(1234), text: await records.getText(1234) }));
await store.close();
`;
/** Compilers and linters say the same on each Node: they run on this one, not on the others (scripts/test.mjs). */
const IS_OTHER_NODE = process.env.GRISTMILL_ZSTD !== undefined;
const REQUIRING = `
const { memory, openStore, GristmillError } = require('gristmill');
openStore(memory()).then(async (store) => { console.log(store.stat().directory, typeof GristmillError); await store.close(); });
`;
const TYPES = `
import { type Collection, type ImportReport, memory, openStore, type Registry, type Store } from 'gristmill';
const store: Store = await openStore(memory());
const report: ImportReport = await store.import('users.json', { key: 'id' });
const users: Collection = store.collection('users');
const registry: Promise<Registry> = store.metricsRegistry();
// @ts-expect-error: a count is no text
const wrong: string = report.records.read;
console.log(report, users, registry, wrong);
`;
const TYPES_REQUIRED = `
import gristmill = require('gristmill');
const opened: Promise<gristmill.Store> = gristmill.openStore(gristmill.memory());
export = opened;
`;
const SUITE = `
import { expect, test } from 'vitest';
import { memory, openStore } from 'gristmill';
test('records are found', async () => {
  const store = await openStore(memory());
  await store.import('records.json', { key: 'id' });
  expect(store.collection('records').getSync(7).id).toBe(7);
  await store.close();
});
`;

/** Records with an integer beyond 2^53, so that a lookup shows whether it was kept. */
function recordsFile(count: number): string {
  const record = (id: number) => `{"id":${id},"exact":9007199254740993,"text":"${'x'.repeat(100)}"}`;
  return `[${Array.from({ length: count }, (_, id) => record(id)).join(',')}]`;
}

test.each(['dist/src/library.js', 'dist/workers/commit-worker.js', 'dist/src/cli/main.js'])(
  '%s is ASCII: V8 holds a file with any other character at two bytes for each',
  (file) => {
    expect(readFileSync(join(ROOT, file), 'latin1')).not.toMatch(/[^\0-\x7f]/);
  },
);

describe('the packed package', () => {
  let project: PackedProject;
  let folder: string;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  beforeAll(async () => {
    project = await packedProject();
    folder = project.folder;
    write('records.json', recordsFile(5000));
  });
  afterAll(() => project.remove());

  test('has what runs, its declarations and its pages', () => {
    const home = join(folder, 'node_modules/gristmill');
    expect(readdirSync(home).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'docs', 'package.json']);
    const others = project.files.filter((path) => !/^(docs\/\w+\.md|dist\/.*\.(js|wasm|d\.ts))$/.test(path));
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    // Each of these is loaded by its name; all other modules are inside of them.
    const scripts = project.files.filter((path) => path.endsWith('.js')).map((path) => path.replace('dist/', ''));
    expect(scripts.sort()).toEqual([
      'src/api/later.js',
      'src/cli/main.js',
      'src/config/settings.js',
      'src/index.js',
      'src/library.js',
      'src/upkeep/repair/probe.js',
      ...['commit', 'decode', 'frame', 'import', 'reading', 'watch'].map((name) => `workers/${name}-worker.js`),
    ]);
    expect(existsSync(join(folder, 'node_modules/zstd-napi/build'))).toBe(false);
  });

  test('imports with workers, looks records up, names what is not installed, and has a working bin', async () => {
    write('program.js', PROGRAM);
    const { stdout, stderr } = await node(folder, ['program.js'], { GRISTMILL_ZSTD: '' });
    expect(stderr).toBe('');
    const { report, warmed, answers, missing, zstd, record, text } = JSON.parse(stdout);
    const expected = 'zstdCompressSync' in (await import('node:zlib')) ? 'node' : 'wasm';
    expect({ zstd, ofReport: report.zstd }).toEqual({ zstd: expected, ofReport: expected });
    expect(report).toMatchObject({ layout: 'array', workers: 2, records: { read: 5000, stored: 5000 } });
    expect(report.shards).toBeGreaterThan(1);
    expect(warmed).toMatchObject({ records: 5000, complete: true });
    expect(answers).toBeGreaterThan(0);
    expect(missing).toEqual([
      ['PACKAGE_NOT_FOUND', expect.stringContaining('npm install prom-client')],
      ['PACKAGE_NOT_FOUND', expect.stringContaining('npm install @opentelemetry/api')],
    ]);
    expect(record.id).toBe(1234);
    expect(text).toContain('"exact":9007199254740993');

    const bin = join(folder, 'node_modules/gristmill/dist/src/cli/main.js');
    const got = await node(folder, [bin, 'get', '77', '--store', 'store']);
    expect(got.stdout).toMatch(/^\{"id":77,"exact":9007199254740993,.*\}\n$/);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect((await node(folder, [bin, '--version'])).stdout).toBe(`${version}\n`);
    expect(existsSync(join(folder, 'node_modules/.bin/gristmill'))).toBe(true);
  });

  test('can be required', async () => {
    write('requiring.cjs', REQUIRING);
    expect(await node(folder, ['requiring.cjs'])).toMatchObject({ code: 0, stdout: 'memory function\n' });
  });

  test.skipIf(IS_OTHER_NODE).each([
    ['node16', 'node16', ['types.ts']],
    ['nodenext', 'nodenext', ['types.ts', 'required.cts']],
    ['bundler', 'esnext', ['types.ts']],
  ])('has types under moduleResolution %s', async (moduleResolution, module, files) => {
    write('types.ts', TYPES);
    write('required.cts', TYPES_REQUIRED);
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2023', strict: true, noEmit: true, skipLibCheck: false },
      ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
    };
    write(`tsconfig.${moduleResolution}.json`, JSON.stringify({ compilerOptions, files }));
    const compiled = await tool(folder, 'typescript/bin/tsc', '-p', `tsconfig.${moduleResolution}.json`);
    expect(compiled).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('a vitest suite uses it with memory()', async () => {
    write('records.test.js', SUITE);
    symlinkSync(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'), 'dir');
    const { code, stdout } = await tool(folder, 'vitest/vitest.mjs', 'run', '--root', folder);
    expect({ code, passed: stdout.match(/(\d+) passed/)?.[1] }).toEqual({ code: 0, passed: '1' });
  });

  test.each(['esm', 'cjs'] as const)(
    'made part of a bundle (%s), it says to leave it out, and works when left out',
    async (format) => {
      write(
        'app.js',
        `import { memory, openStore } from 'gristmill';\nopenStore(memory()).then((store) => store.close());\n`,
      );
      const made: { code: number; stderr: string }[] = [];
      for (const external of [[], ['gristmill']]) {
        const bundle = await rolldown({
          input: join(folder, 'app.js'),
          platform: 'node',
          external,
          logLevel: 'silent',
        });
        const file = join(folder, `out-${format}-${external.length}/app.${format === 'esm' ? 'mjs' : 'cjs'}`);
        await bundle.write({ file, format, codeSplitting: false });
        made.push(await node(folder, [file]));
      }
      expect(made[0]!.stderr).toMatch(/leave gristmill external[\s\S]*PACKAGE_BUNDLED/);
      expect(made).toMatchObject([{ code: 1 }, { code: 0, stderr: '' }]);
    },
  );

  test.skipIf(IS_OTHER_NODE)('publint and arethetypeswrong find nothing', async () => {
    const tarball = new Uint8Array(readFileSync(project.tarball)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    // Node requires a module since 20.19, and no other version is supported.
    const rules = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];
    const { code, stdout } = await tool(folder, '@arethetypeswrong/cli/dist/index.js', project.tarball, ...rules);
    expect(code, stdout).toBe(0);
  });
});

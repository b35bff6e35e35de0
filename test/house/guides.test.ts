// Goal: what the guides of docs/guides/ tell a user to do works, and the dashboard shows only metrics that there are.
// Method: the files and commands of a page are cut out and run as they stand, in a project with the data they speak of.
// @node all: rows of SQLite come from node:sqlite, which only newer versions have

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { open } from 'lmdb';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../support/cli.js';
import { withoutImportMode } from '../support/import-mode.js';
import { runModule, runShell, userProject } from '../support/user-project.js';

withoutImportMode();

const GUIDES = join(ROOT, 'docs/guides');

/** Writes the files of a page into a project. @returns the commands of the page, a script for each block */
function follow(page: string, folder: string): string[] {
  const text = readFileSync(join(GUIDES, page), 'utf8');
  const scripts: string[] = [];
  for (const [, language, name, code] of text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```/gm)) {
    if (language === 'sh') scripts.push(code!);
    else writeFileSync(join(folder, name!), code!);
  }
  return scripts;
}

/** A project with the users imported, and the files of a page. */
async function projectOf(page: string, packages: readonly string[]) {
  const folder = userProject(packages);
  await runShell(folder, 'gristmill import users.json --store ./store --collection users --key id');
  return { folder, scripts: follow(page, folder) };
}

/** Starts a server of a project. @returns what it says when it listens; the caller ends it */
async function started(folder: string, file: string) {
  const child = spawn(process.execPath, [file], { cwd: folder, env: { ...process.env, PORT: '0' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  while (!/listening on .*\n/.test(text)) await once(child.stdout, 'data');
  const end = async () => {
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    return code as number | null;
  };
  return { where: /listening on (.*)\n/.exec(text)![1]!, end };
}

test('serve-http.md: a dump is loaded and served', async () => {
  const folder = userProject(['fastify']);
  const [load, ask] = follow('serve-http.md', folder);
  await runShell(folder, load!);
  const { where, end } = await started(folder, 'server.mjs');
  const paths = [...ask!.matchAll(/localhost:3000([^\s']+)/g)].map(([, path]) => path!);
  const [one, some] = await Promise.all(paths.map((path) => fetch(where + path)));
  expect(await one!.text()).toBe('{"id":42,"email":"ada@example.com","country":"CH","precise":0.1}');
  expect(await some!.json()).toMatchObject({ users: [{ id: 42 }], next: null });
  expect((await fetch(`${where}/users/999`)).status).toBe(404);
  expect((await fetch(`${where}/users/nobody`)).status).toBe(400);
  const ids: number[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page = await fetch(`${where}/users?${next === '' ? '' : `after=${next}`}`);
    const { users, next: after } = (await page.json()) as { users: { id: number }[]; next: string | null };
    ids.push(...users.map(({ id }) => id));
    next = after;
  }
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, id) => id));
  expect((await (await fetch(`${where}/users.ndjson`)).text()).split('\n')).toHaveLength(201);
  expect(await end()).toBe(0);
});

test('processes.md: processes and threads open the store', async () => {
  const { folder } = await projectOf('processes.md', ['piscina']);
  const [cluster, pool] = await Promise.all([runModule(folder, 'cluster.mjs'), runModule(folder, 'pool.mjs')]);
  expect(cluster.stdout.split('\n').sort()).toEqual(['', ...[1, 2].map((id) => `process ${id}: ada@example.com`)]);
  expect(pool.stdout).toBe('[ 200, 0 ]\n');
});

test('nightly-import.md: the same import again, and a reader that switches', async () => {
  const { folder, scripts } = await projectOf('nightly-import.md', []);
  await runShell(folder, scripts[0]!);
  const { stdout, stderr } = await runModule(folder, 'reader.mjs');
  expect({ stdout, stderr }).toEqual({ stdout: 'ada@example.com\n', stderr: '' });
});

test('moving.md: from lmdb-js, and from a folder of files', async () => {
  const folder = userProject(['lmdb']);
  const [documents] = follow('moving.md', folder);
  const source = open({ path: join(folder, 'users.lmdb') });
  await source.put('a', { name: 'Ada' });
  await source.put('b', { name: 'Bob' });
  await source.close();
  expect((await runModule(folder, 'from-lmdb.mjs')).stdout).toBe('2 records\n');
  mkdirSync(join(folder, 'documents/posts'), { recursive: true });
  writeFileSync(join(folder, 'documents/posts/first.json'), '{"title":"first"}');
  expect((await runShell(folder, documents!)).stdout).toMatch(/\{"title":"first"\}\n$/);
});

/** The class of node:sqlite; undefined where this Node has none. */
function sqlite(): (new (path: string) => { exec(sql: string): void; close(): void }) | undefined {
  try {
    return createRequire(import.meta.url)('node:sqlite').DatabaseSync;
  } catch {
    return undefined;
  }
}

// better-sqlite3 needs a compiler or a download; what the page calls of it, node:sqlite has too.
test.runIf(sqlite() !== undefined)('moving.md: from better-sqlite3', async () => {
  const folder = userProject();
  follow('moving.md', folder);
  const Database = sqlite()!;
  const source = new Database(join(folder, 'users.db'));
  source.exec(
    `CREATE TABLE users (id INTEGER, email TEXT, profile TEXT); INSERT INTO users VALUES (1, 'a', '{"country":"AT"}')`,
  );
  source.close();
  mkdirSync(join(folder, 'node_modules/better-sqlite3'));
  const standIn = "module.exports = require('node:sqlite').DatabaseSync;\n";
  writeFileSync(join(folder, 'node_modules/better-sqlite3/index.js'), standIn);
  expect((await runModule(folder, 'from-sqlite.mjs')).stdout).toBe('1 records\n');
});

test('testing.md: its tests pass', async () => {
  const folder = userProject(['vitest']);
  follow('testing.md', folder);
  const { stdout } = await runShell(
    folder,
    `'${process.execPath}' node_modules/vitest/vitest.mjs run --root . --reporter json`,
  );
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2, numTotalTests: 2 });
});

test('production.md: metrics for Prometheus and OpenTelemetry', async () => {
  const packages = ['prom-client', '@opentelemetry/api', '@opentelemetry/sdk-metrics'];
  const { folder } = await projectOf('production.md', packages);
  const { where, end } = await started(folder, 'metrics.mjs');
  const text = await (await fetch(`http://localhost:${where}`)).text();
  expect(text).toMatch(/^gristmill_reads_total\{.*answered="disk".*\} 1$/m);
  expect(await end()).toBe(0);
  expect((await runModule(folder, 'telemetry.mjs')).stdout).toMatch(/^gristmill\.reads$/m);
});

test('the dashboard shows metrics and labels that there are', () => {
  // test/metrics/exporters.test.ts holds this table to the code.
  const table = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
  const labels = new Map(
    [...table.matchAll(/^\| `gristmill\.[^|]*\| `(\w+)` \|[^|]*\|[^|]*\| ([^|]*) \|/gm)].map(
      ([, name, listed]) => [name!, [...listed!.matchAll(/`(\w+)`/g)].map(([, label]) => label!)] as const,
    ),
  );
  const { panels } = JSON.parse(readFileSync(join(GUIDES, 'grafana-dashboard.json'), 'utf8'));
  const queries: string[] = panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  );
  expect(queries.length).toBeGreaterThan(10);
  for (const query of queries) {
    const [metric] = /gristmill_\w+/.exec(query)!;
    const known = labels.get(metric.replace(/_bucket$/, ''));
    expect(known, query).toBeDefined();
    const grouped = /by \(([^)]*)\)/.exec(query)?.[1]?.split(', ') ?? [];
    expect([...known!, 'le', 'instance'], query).toEqual(expect.arrayContaining(grouped));
  }
});

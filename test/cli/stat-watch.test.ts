// Goal: `gristmill stat --watch` shows what other processes do to a store until it is stopped, on a terminal, in a log and
// as JSON. Method: real processes that are waited for, not slept for; a terminal of the test's own, which does what the
// sequences say.

import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../src/api/store.js';
import { readInterval } from '../../src/cli/shared/arguments.js';
import { Screen } from '../../src/cli/terminal/screen.js';
import { watchText } from '../../src/cli/terminal/stat-watch.js';
import type { StoreStat } from '../../src/metrics/stat.js';
import { WriterLock } from '../../src/store/lock/writer-lock.js';
import { onDisk, openCatalog, publishRecords } from '../support/build-store.js';
import { gristmill, scratch, start } from '../support/cli.js';

let directory: string;
beforeEach(async () => {
  directory = `${scratch()}/store`;
  const catalog = await openCatalog(directory);
  await publishRecords(
    catalog,
    directory,
    [1, 2, 3].map((id) => ({ key: id, text: `{"id":${id}}` })),
  );
  await catalog.close();
});

/** A store that a test changes; a watcher sees it from outside. */
async function opened(): Promise<Store> {
  const store = await openStore(directory, { hotSet: false });
  onTestFinished(() => store.close());
  return store;
}

/** Starts the command; `next` gives the line that satisfies `wanted`. */
function watching(...options: readonly string[]) {
  const running = start(['stat', '--store', directory, '--watch', '100ms', ...options]);
  const lines = createInterface({ input: running.child.stdout! })[Symbol.asyncIterator]();
  const next = async (wanted: (line: string) => boolean = () => true): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`ended: ${JSON.stringify(await running.ended)}`);
      if (wanted(value)) return value;
    }
  };
  return { ...running, next };
}

describe('gristmill stat --watch', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('--json is an object a line, until %s', async (signal) => {
    const { child, ended, next } = watching('--json');
    expect(JSON.parse(await next())).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      ...{ directory, generation: 1 },
      bytes: { index: expect.any(Number), map: expect.any(Number), shards: expect.any(Number) },
      collections: [{ name: 'records', records: 3 }],
    });
    const store = await opened();
    await store.collection('records').put({ id: 4 });
    const changed = JSON.parse(await next((line) => JSON.parse(line).generation === 2));
    expect(changed.collections).toMatchObject([{ records: 4, inline: 1 }]);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('is a line each time, where there is no terminal', async () => {
    const { child, ended, next } = watching();
    expect(await next()).toMatch(/^\S+Z publication 1 \| 3 records \| .* of shards, .* of index \| \d+ readers, /);
    const store = await opened();
    await store.collection('records').delete(2);
    expect(await next((line) => line.includes('publication 2'))).toContain('| 2 records (-1) |');
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });

  test('shows who is writing, and that nobody is', async () => {
    const { next } = watching();
    expect(await next()).toContain('no writer');
    const catalog = await openCatalog(directory);
    onTestFinished(() => catalog.close());
    const lock = await WriterLock.acquire(catalog, onDisk(directory), { operation: 'import', collection: 'posts' });
    expect(await next((line) => line.includes('import into posts'))).toContain(`by process ${process.pid} on`);
    const { stdout } = await gristmill('stat', '--store', directory, '--json');
    expect(JSON.parse(stdout).writer).toMatchObject({ operation: 'import', collection: 'posts', pid: process.pid });
    expect((await gristmill('stat', '--store', directory)).stdout).toMatch(/^writer +import into posts by process/m);
    await lock.release();
    await next((line) => line.includes('no writer'));
  });

  test('ends quietly when its reader goes away', async () => {
    const { child, ended, next } = watching();
    await next();
    child.stdout!.destroy();
    expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('takes times that a person can follow, and a machine too', async () => {
    expect(['100ms', '5s', '1m', '1d', '250'].map(readInterval)).toEqual([100, 5000, 60_000, 86_400_000, 250]);
    for (const word of ['0', '5', '99ms', '2d', 'soon', '']) expect(() => readInterval(word)).toThrow('100ms to 1d');
    const { code, stderr } = await gristmill('stat', '--store', directory, '--watch', '5');
    expect(code).toBe(2);
    expect(stderr).toContain('from 100ms to 1d');
  });
});

describe('on a terminal', () => {
  /** Does what the sequences say that Screen uses, and refuses all others. */
  class Terminal {
    readonly rows: number;
    readonly #screens: string[][] = [[''], ['']];
    #second = false;
    #row = 0;
    modes = { cursor: true, wrap: true };

    constructor(rows: number) {
      this.rows = rows;
    }

    get lines(): string[] {
      return this.#screens[Number(this.#second)]!;
    }

    write(text: string): void {
      const [before, ...rest] = text.split('\u001b[');
      if (before !== '') this.#type(before!);
      for (const part of rest) {
        const [, sequence, characters] = /^([?\d]*[A-Za-z])([\s\S]*)$/.exec(part)!;
        this.#obey(sequence!);
        if (characters !== '') this.#type(characters!);
      }
    }

    #type(characters: string): void {
      for (const [i, line] of characters.split(/\r?\n/).entries()) {
        if (i > 0) this.#row++;
        const before = this.lines[this.#row] ?? '';
        this.lines[this.#row] = i === 0 && line === '' ? before : line + before.slice(line.length);
        this.#cleared = line.length;
      }
      expect(this.#row).toBeLessThan(this.rows || Number.POSITIVE_INFINITY);
    }

    #cleared = 0;

    #obey(sequence: string): void {
      if (sequence === '?1049h' || sequence === '?1049l') {
        this.#second = sequence.endsWith('h');
        this.#row = 0;
      } else if (sequence === '?25h' || sequence === '?25l') this.modes.cursor = sequence.endsWith('h');
      else if (sequence === '?7h' || sequence === '?7l') this.modes.wrap = sequence.endsWith('h');
      else if (sequence === 'H') this.#row = 0;
      else if (sequence === 'K') this.lines[this.#row] = this.lines[this.#row]!.slice(0, this.#cleared);
      else if (sequence === 'J') this.lines.splice(this.#row + 1);
      else throw new Error(`sequence ${sequence}`);
    }
  }

  test('a text takes the place of the last, and stays when the screen is given back', () => {
    const terminal = new Terminal(24);
    const screen = new Screen(terminal);
    expect(terminal.modes).toEqual({ cursor: false, wrap: false });
    screen.draw('a long line\nsecond\nthird\n');
    expect(terminal.lines).toEqual(['a long line', 'second', 'third']);
    screen.draw('short\n\n');
    expect(terminal.lines).toEqual(['short']);
    screen.close();
    expect(terminal.modes).toEqual({ cursor: true, wrap: true });
    expect(terminal.lines.slice(0, 1)).toEqual(['short']);
  });

  test('lines that have no room are left out', () => {
    const terminal = new Terminal(3);
    const screen = new Screen(terminal);
    screen.draw('1\n2\n3\n4\n');
    expect(terminal.lines).toEqual(['1', '2', '3']);
  });

  test('the table has every collection, and what has changed since the last look', async () => {
    const store = await opened();
    const look = (): { time: string; stat: StoreStat } => ({ time: '2026-01-01T00:00:00.000Z', stat: store.stat() });
    const before = look();
    await store.transaction((tx) => {
      tx.createCollection('a', { key: 'id' }).put({ id: 1 });
      tx.collection('records').put({ id: 4 });
      tx.collection('records').put({ id: 5 });
    });
    // A name that is not given any more, of a store that somebody else has made.
    const after = look();
    const collections = after.stat.collections.map((one) =>
      one.name === 'a' ? { ...one, name: 'a\u001b[31mb' } : one,
    );
    const text = watchText({ ...after, stat: { ...after.stat, collections } }, before);
    expect(text).toMatch(/^publications +2$/m);
    expect(text).toMatch(/^writer +none$/m);
    expect(text).toMatch(/^records +5 +\+2 +0 +2 /m);
    expect(text).toMatch(/^a\\u001b\[31mb +1 {2,}0 +1 /m);
    expect(text).not.toContain('\u001b');
  });
});

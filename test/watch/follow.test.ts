// Goal: nothing happens to a source that is not told. Method: real directories that programs change in all the ways they
// do, at random; two listings, of before and after, are the oracle: whatever differs was told by its path, or by that of a
// directory it is in, and so it is the next time.
// @node all: what the system tells of changed files, and a thread

import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Follower } from '../../dist/src/watch/follow.js';
import { Notices } from '../../dist/src/watch/notices.js';
import { runs } from '../support/effort.js';
import { makeDirectory, scratch } from '../support/import-files.js';
import { until } from '../support/until.js';

/** All visible entries below a directory, with what tells two versions of one apart. */
function listing(root: string, path = root, found = new Map<string, string>()): Map<string, string> {
  for (const entry of existsSync(path) ? readdirSync(path, { withFileTypes: true }) : []) {
    if (entry.name.startsWith('.')) continue;
    const at = join(path, entry.name);
    const { ino, size, mtimeNs } = lstatSync(at, { bigint: true });
    if (entry.isDirectory()) listing(root, at, found);
    else found.set(at, `${ino} ${size} ${mtimeNs}`);
  }
  return found;
}

const DIRECTORIES = ['', 'a', 'b', 'a/c', 'a/c/d'];
const directory = fc.constantFrom(...DIRECTORIES.slice(1));
const file = fc
  .tuple(fc.constantFrom(...DIRECTORIES), fc.constantFrom('1.json', '2.json'))
  .map((names) => join(...names));

/** What programs do; each takes the root, and does nothing where it cannot be done. */
const operations = fc.oneof(
  file.map((path) => (root: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    appendFileSync(join(root, path), 'x');
  }),
  file.map((path) => (root: string) => {
    // As editors save: written beside, renamed over.
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, `${path}.new`), 'other');
    renameSync(join(root, `${path}.new`), join(root, path));
  }),
  file.map((path) => (root: string) => rmSync(join(root, path), { force: true })),
  directory.map((path) => (root: string) => rmSync(join(root, path), { recursive: true, force: true })),
  directory.map((path) => (root: string) => {
    // As generators do: away with it, and anew.
    rmSync(join(root, path), { recursive: true, force: true });
    mkdirSync(join(root, path, 'c'), { recursive: true });
    writeFileSync(join(root, path, 'c', '1.json'), 'made');
  }),
  fc.tuple(directory, directory).map(([from, to]) => (root: string) => {
    if (!existsSync(join(root, from)) || existsSync(join(root, to)) || to.startsWith(`${from}/`)) return;
    mkdirSync(dirname(join(root, to)), { recursive: true });
    renameSync(join(root, from), join(root, to));
  }),
  directory.map((path) => (root: string) => {
    // As deployments do: one directory is put in the place of another.
    if (!existsSync(join(root, path))) return;
    mkdirSync(join(root, '../next/c'), { recursive: true });
    writeFileSync(join(root, '../next/c/2.json'), 'next');
    renameSync(join(root, path), join(root, '../before'));
    renameSync(join(root, '../next'), join(root, path));
    rmSync(join(root, '../before'), { recursive: true });
  }),
);

/** Follows sources in this thread. */
function follow(...sources: string[]) {
  const noticed = new Set<string>();
  const follower = new Follower(
    { sources },
    {
      noticed: (path) => noticed.add(path),
      failed: (error) => expect.unreachable(error.message),
    },
  );
  follower.check();
  return { noticed, follower };
}

/** Whether a path, or a directory it is in, is among those told. */
function isTold(noticed: ReadonlySet<string>, path: string): boolean {
  return noticed.has(path) || (dirname(path) !== path && isTold(noticed, dirname(path)));
}

describe('following', () => {
  test('whatever programs do in a folder is told', async () => {
    const batches = fc.array(fc.array(operations, { minLength: 1, maxLength: 6 }), { minLength: 3, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (script) => {
        const { path, remove } = makeDirectory();
        const root = join(path, 'root');
        mkdirSync(join(root, 'a/c'), { recursive: true });
        const { noticed, follower } = follow(root);
        try {
          for (const batch of script) {
            const before = listing(root);
            noticed.clear();
            for (const operation of batch) operation(root);
            const after = listing(root);
            const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
              (at) => before.get(at) !== after.get(at),
            );
            await until(() => changed.every((at) => isTold(noticed, at)));
          }
        } finally {
          follower.close();
          remove();
        }
      }),
      { numRuns: runs(60) },
    );
  });

  /** What is told of one change, with paths relative to a place that has a folder and a file in it as sources. */
  async function toldOf(change: (place: string) => void, paths: readonly string[], prepare?: (place: string) => void) {
    const place = scratch();
    mkdirSync(join(place, 'folder/in'), { recursive: true });
    writeFileSync(join(place, 'folder/in/1.json'), '1');
    writeFileSync(join(place, 'log.ndjson'), '{}\n');
    prepare?.(place);
    const { noticed, follower } = follow(join(place, 'folder'), join(place, 'log.ndjson'));
    onTestFinished(() => follower.close());
    change(place);
    await until(() => paths.every((path) => noticed.has(join(place, path))));
    const told = [...noticed];
    noticed.clear();
    // And the next change is told, too.
    for (const path of ['folder/in/1.json', 'log.ndjson']) {
      mkdirSync(join(place, dirname(path)), { recursive: true });
      appendFileSync(join(place, path), '\n');
      await until(() => isTold(noticed, join(place, path)));
    }
    return told.map((path) => path.slice(place.length + 1));
  }

  test.each<[string, (place: string) => void, string[]]>([
    ['appended to', (place) => appendFileSync(join(place, 'log.ndjson'), '{}\n'), ['log.ndjson']],
    ['removed', (place) => rmSync(join(place, 'log.ndjson')), ['log.ndjson']],
    [
      'replaced by one with an older date',
      (place) => {
        writeFileSync(join(place, 'other'), 'x');
        utimesSync(join(place, 'other'), 1_000, 1_000);
        renameSync(join(place, 'other'), join(place, 'log.ndjson'));
      },
      ['log.ndjson'],
    ],
  ])('a file that is %s is told, and no file beside it', async (_what, change, paths) => {
    const both = (place: string) => {
      writeFileSync(join(place, 'beside.ndjson'), '{}\n');
      change(place);
    };
    expect(new Set(await toldOf(both, paths))).toEqual(new Set(paths));
  });

  test.each<[string, (place: string) => void]>([
    [
      'removed and made again',
      (place) => {
        rmSync(join(place, 'folder'), { recursive: true });
        mkdirSync(join(place, 'folder'));
      },
    ],
    [
      'replaced',
      (place) => {
        mkdirSync(join(place, 'next'));
        renameSync(join(place, 'folder'), join(place, 'before'));
        renameSync(join(place, 'next'), join(place, 'folder'));
      },
    ],
  ])('a folder that is %s is told, and followed on', async (_what, change) => {
    expect(await toldOf(change, ['folder'])).toContain('folder');
  });

  test('a source that is a link is told when it leads elsewhere, and when what it leads to is changed', async () => {
    const change = (place: string) => {
      symlinkSync('v2', join(place, 'link'));
      renameSync(join(place, 'link'), join(place, 'folder'));
      symlinkSync('v2.ndjson', join(place, 'link'));
      renameSync(join(place, 'link'), join(place, 'log.ndjson'));
    };
    const prepare = (place: string) => {
      for (const version of ['v1', 'v2']) {
        mkdirSync(join(place, version, 'in'), { recursive: true });
        writeFileSync(join(place, `${version}.ndjson`), '{}\n');
      }
      for (const [source, version] of [
        ['folder', 'v1'],
        ['log.ndjson', 'v1.ndjson'],
      ] as const) {
        rmSync(join(place, source), { recursive: true });
        symlinkSync(version, join(place, source));
      }
    };
    await toldOf(change, ['folder', 'log.ndjson'], prepare);
  });

  test('what is hidden is not told, and not the store, which every round changes', async () => {
    const change = (place: string) => {
      mkdirSync(join(place, 'folder/.git'));
      writeFileSync(join(place, 'folder/.git/1.json'), '1');
      writeFileSync(join(place, 'folder/.1.json.swp'), '1');
      mkdirSync(join(place, 'folder/in/store/shards'), { recursive: true });
      mkdirSync(join(place, 'folder/in/store/index'));
      writeFileSync(join(place, 'folder/in/store/index/data.mdb'), '');
      writeFileSync(join(place, 'folder/in/store/shards/1.json'), '1');
      writeFileSync(join(place, 'folder/2.json'), '1');
    };
    expect(await toldOf(change, ['folder/2.json'])).toEqual(['folder/2.json']);
  });

  test('what was replaced without a notice is followed again after a check', async () => {
    const place = scratch();
    mkdirSync(join(place, 'above/folder/in'), { recursive: true });
    const { noticed, follower } = follow(join(place, 'above/folder'));
    onTestFinished(() => follower.close());
    // Two levels above a source nobody looks.
    renameSync(join(place, 'above'), join(place, 'before'));
    mkdirSync(join(place, 'above/folder/in'), { recursive: true });
    follower.check();
    writeFileSync(join(place, 'above/folder/in/1.json'), '1');
    await until(() => noticed.has(join(place, 'above/folder/in/1.json')));
  });
});

describe('the thread of a watcher', () => {
  function notices(sources: readonly string[]) {
    const noticed = new Set<string>();
    const failures: Error[] = [];
    const told = new Notices(
      { sources },
      {
        noticed: (paths) => {
          for (const path of paths) noticed.add(path);
        },
        failed: (error) => failures.push(error),
      },
    );
    onTestFinished(() => told.close());
    return { noticed, failures, told };
  }

  test('tells what happens after it has checked, until it is closed', async () => {
    const place = scratch();
    const { noticed, failures, told } = notices([place]);
    await told.check();
    writeFileSync(join(place, '1.json'), '1');
    await until(() => noticed.has(join(place, '1.json')));
    await Promise.all([told.close(), told.close()]);
    await told.check();
    expect(failures).toEqual([]);
  });

  test('says when it dies, and lets nobody wait for it', async () => {
    const { failures, told } = notices([7 as unknown as string]);
    await told.check();
    expect(failures).toHaveLength(1);
    await told.close();
  });
});

// Goal: docs/package.md lists the licence of each package that an install may have. Method: compare it with the lockfile.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';

/** Of a package for one system, the part of its name before the system. */
const OF_A_SYSTEM = /^(@lmdb\/lmdb|@koromix\/koffi|@msgpackr-extract\/msgpackr-extract|@napi-rs\/nice)-.*/;

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
}

test('docs/package.md lists the licences that the lockfile has, and no other', () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const locked = Object.entries<LockedPackage>(packages).flatMap(([path, { license, dev }]) => {
    const name = path.replace(/^.*node_modules\//, '').replace(OF_A_SYSTEM, '$1-…');
    return path === '' || dev ? [] : [`${license}: ${name}`];
  });
  const page = readFileSync(join(ROOT, 'docs/package.md'), 'utf8');
  const [, section = ''] = page.split('## Licences\n');
  const listed = [...section.matchAll(/^\| (.+?) \| (`.*) \|$/gm)].flatMap(([, license, names]) =>
    names!.split(', ').map((name) => `${license}: ${name.replaceAll('`', '')}`),
  );
  expect(listed.sort()).toEqual([...new Set(locked)].sort());
});

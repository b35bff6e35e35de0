// Goal: whoever uses the package can name every type that its signatures mention, and what is wrong does not compile.
// Method: a user's file (user.ts), and one that names everything docs/api.md lists, are compiled against the declarations as
// they are packed, in an empty project, as Node finds modules and as bundlers do. A mistake that compiles is an unused
// `@ts-expect-error`, which does not.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'gristmill-types-'));
  const home = join(project, 'node_modules/gristmill');
  mkdirSync(home, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(home, 'package.json'));
  // Of the packed files, those that the compiler reads.
  cpSync(join(ROOT, 'dist/src'), join(home, 'dist/src'), {
    recursive: true,
    filter: (path) => !/\.\w+$/.test(path) || path.endsWith('.d.ts'),
  });
  // What the declarations import. prom-client is for those who use `metricsRegistry`.
  for (const name of ['@types', 'ajv', 'prom-client']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{"name":"user","private":true,"type":"module"}');
  cpSync(join(ROOT, 'test/types/user.ts'), join(project, 'user.ts'));
  writeFileSync(join(project, 'names.ts'), `export type { ${namesInReference().join(', ')} } from 'gristmill';\n`);
});

afterAll(() => rmSync(project, { recursive: true }));

function namesInReference(): string[] {
  const page = readFileSync(join(ROOT, 'docs/api.md'), 'utf8');
  return [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
}

/** What the compiler says. */
function compiled(options: Readonly<Record<string, string>>): string {
  const config = {
    compilerOptions: {
      ...{ target: 'es2023', lib: ['es2023', 'esnext.disposable', 'dom'], types: ['node'] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true },
      // Errors in declarations of ours count.
      skipLibCheck: false,
      ...options,
    },
    files: ['user.ts', 'names.ts'],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  try {
    return execFileSync(process.execPath, [TSC, '-p', project], { encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test('names are listed', () => {
  expect(namesInReference()).toEqual(expect.arrayContaining(['Store', 'Collection', 'openStore', 'ImportOptions']));
});

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
])('a user compiles with $moduleResolution, and mistakes do not', (options) => {
  expect(compiled(options)).toBe('');
});

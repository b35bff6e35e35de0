// Goal: whoever uses the package can name every type that its signatures mention, and what is wrong does not compile.
// Method: a user's file (user.ts), and one that names everything docs/api.md lists, are compiled against the declarations as
// they are packed, in an empty project, for each way in which TypeScript finds modules.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT, scratch } from '../support/cli.js';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
let project: string;

beforeAll(() => {
  project = scratch();
  const home = join(project, 'node_modules/gristmill');
  mkdirSync(home, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(home, 'package.json'));
  // Of the packed files, those that the compiler reads.
  cpSync(join(ROOT, 'dist/src'), join(home, 'dist/src'), {
    recursive: true,
    filter: (path) => !/\.\w+$/.test(path) || path.endsWith('.d.ts'),
  });
  symlinkSync(join(ROOT, 'node_modules/@types'), join(project, 'node_modules/@types'));
  writeFileSync(join(project, 'package.json'), '{"name":"user","private":true,"type":"module"}');
  cpSync(join(ROOT, 'test/types/user.ts'), join(project, 'user.ts'));
  writeFileSync(join(project, 'names.ts'), `export type { ${namesInReference().join(', ')} } from 'gristmill';\n`);
});

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
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'esnext', moduleResolution: 'bundler' },
])('a user compiles with $moduleResolution, and mistakes do not', (options) => {
  expect(compiled(options)).toBe('');
});

test('a mistake is an error of the user', () => {
  writeFileSync(join(project, 'user.ts'), `import { openStore } from 'gristmill';\nopenStore(5);\n`);
  expect(compiled({ module: 'nodenext' })).toContain('user.ts(2,11): error TS2345');
});

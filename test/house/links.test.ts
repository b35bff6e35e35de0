// Goal: every link in the documentation leads somewhere. Method: the pages are read as text. Files must exist, an anchor must
// be the slug of a heading as GitHub makes it, and a heading that is linked must stand once in its page.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCS = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);
const PAGES = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', ...DOCS.map((name) => `docs/${name}`)];

interface Link {
  readonly line: number;
  readonly target: string;
}

/** The text of a page with blanks in place of code: what looks like a link or a heading in code is none. */
function proseOf(markdown: string): string {
  const blanked = (code: string) => code.replace(/[^\n]/g, ' ');
  return markdown
    .replace(/^ *```[\s\S]*?^ *```/gm, blanked)
    .replace(/<!--[\s\S]*?-->/g, blanked)
    .replace(/(`+)(?!`)[^`][\s\S]*?(?<!`)\1(?!`)/g, blanked);
}

/** `[text](target)`, `![text](target)` and `[name]: target`. */
function linksIn(markdown: string): Link[] {
  const prose = proseOf(markdown);
  const found = [...prose.matchAll(/\]\(\s*([^()\s]+)[^()]*\)/g), ...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return found.map((match) => ({ line: prose.slice(0, match.index).split('\n').length, target: match[1]! }));
}

/** The slugs of all headings, in order, without the numbers that GitHub adds to repeated ones. */
function slugsIn(markdown: string): string[] {
  const withoutCode = markdown.replace(/^ *```[\s\S]*?^ *```/gm, '');
  return [...withoutCode.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map((match) => slugOf(match[1]!));
}

/** As GitHub makes it: the text of a heading in small letters, `-` for each blank, without punctuation. */
function slugOf(heading: string): string {
  const text = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}

/** What is wrong with a link of a page, in words; undefined: nothing. */
function faultOf(page: string, target: string, read: (path: string) => string = readPage): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page : relative(ROOT, join(ROOT, dirname(page), file));
  if (path.startsWith('..') || file.startsWith('/')) return 'leads out of the repository';
  if (file !== '' && !existsSync(join(ROOT, path))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (!path.endsWith('.md')) return 'only pages have headings';
  const slugs = slugsIn(read(path));
  const count = slugs.filter((slug) => slug === anchor).length;
  if (count === 1) return undefined;
  if (count > 1) return `${count} headings have this anchor`;
  // GitHub tells repeated headings apart by a number.
  const [, repeated, number] = anchor.match(/^(.*)-(\d+)$/) ?? [];
  const isRepeated = repeated !== undefined && slugs.filter((slug) => slug === repeated).length > Number(number);
  return isRepeated
    ? 'leads to a heading that is repeated: its number changes when a heading is added'
    : 'there is no such heading';
}

function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('links', () => {
  test.each(PAGES)('of %s lead somewhere', (page) => {
    const faults = linksIn(readPage(page)).map(({ line, target }) => ({ line, target, fault: faultOf(page, target) }));
    expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
  });

  test('to every page of docs/ are in the README or in a page that it links', () => {
    const linkedFrom = (page: string) =>
      linksIn(readPage(page))
        .filter(({ target }) => !/^[a-z]+:|^#/i.test(target))
        .map(({ target }) => relative(ROOT, join(ROOT, dirname(page), target.split('#')[0]!)));
    const reached = new Set(['README.md']);
    // A Set visits what is added while it is walked.
    for (const page of reached) for (const path of PAGES.includes(page) ? linkedFrom(page) : []) reached.add(path);
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });
});

test('the walks through the code in docs/architecture.md name no file twice', () => {
  const [, walks] = readPage('docs/architecture.md').split('## A walk through the code\n');
  const files = linksIn(walks ?? '').map(({ target }) => target);
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file, i) => files.indexOf(file) !== i)).toEqual([]);
});

describe('this test', () => {
  test('makes slugs as GitHub does', () => {
    expect(slugOf('Frames of 32 KiB')).toBe('frames-of-32-kib');
    expect(slugOf('Sources read by `pread`, mapped only on request')).toBe(
      'sources-read-by-pread-mapped-only-on-request',
    );
    expect(slugOf('Line of a named record: `{"key":…,"value":…}`')).toBe('line-of-a-named-record-keyvalue');
    expect(slugOf('One `fs.watch` for each directory')).toBe('one-fswatch-for-each-directory');
    expect(slugOf('SOURCE_NOT_FOUND')).toBe('source_not_found');
    expect(slugOf('A – B')).toBe('a--b');
  });

  test('finds links in prose, and none in code', () => {
    const page = ['[a](b.md#c) `[no](no.md)` [two', 'lines](d.md)', '```', '[no](no.md)', '```', '![e](f.svg)'].join(
      '\n',
    );
    expect(linksIn(page)).toEqual([
      { line: 1, target: 'b.md#c' },
      { line: 2, target: 'd.md' },
      { line: 6, target: 'f.svg' },
    ]);
    expect(linksIn('[`code` in text](a.md)')).toEqual([{ line: 1, target: 'a.md' }]);
  });

  test.each([
    ['none.md', 'there is no such file'],
    ['../../elsewhere.md', 'leads out of the repository'],
    ['/README.md', 'leads out of the repository'],
    ['#none', 'there is no such heading'],
    ['#twice', '2 headings have this anchor'],
    ['#twice-1', 'leads to a heading that is repeated: its number changes when a heading is added'],
    ['#once', undefined],
    ['errors.md#once', undefined],
    ['../src/index.ts', undefined],
    ['../src/index.ts#L1', 'only pages have headings'],
    ['https://example.com/none', undefined],
  ])('says of %s: %s', (target, fault) => {
    const text = '# Twice\n## Once\n```\n# None\n```\n## Twice\n';
    expect(faultOf('docs/errors.md', target, () => text)).toBe(fault);
  });
});

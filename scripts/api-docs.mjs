// npm run docs: docs/api.md from the docstrings of what the package exports. API Extractor reads the declarations that are
// packed, and says which types their signatures mention that nobody can name.

import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { root } from './files.mjs';

const PAGE = join(root, 'docs/api.md');
const KINDS = [
  { title: 'Functions', kinds: ['Function', 'Variable'] },
  { title: 'Classes', kinds: ['Class'] },
  { title: 'Types', kinds: ['Interface', 'TypeAlias'] },
];
const INTRODUCTION = `# API reference

This page lists everything that \`import … from 'gristmill'\` gives. \`npm run docs\` makes it from the docstrings in \`src/\`: change those,
not this page. An editor shows the same texts where you point at a name. [errors.md](errors.md) explains the error codes, and
[configuration.md](configuration.md) where options come from.
`;

/**
 * @typedef {{ readonly kind: string, readonly name: string, readonly docComment?: string, readonly excerptTokens: readonly
 *   { readonly text: string, readonly canonicalReference?: string }[], readonly members?: readonly Item[] }} Item
 */

/**
 * Reads the declarations in dist/. Takes some seconds.
 * @returns {Promise<{ page: string, faults: string[] }>} the page, and types that are missing or have no docstring
 */
export async function apiPage() {
  const folder = await mkdtemp(join(tmpdir(), 'gristmill-api-'));
  try {
    const apiJsonFilePath = join(folder, 'api.json');
    const faults = extract(apiJsonFilePath);
    /** @type {{ members: readonly Item[] }} */
    const entryPoint = JSON.parse(readFileSync(apiJsonFilePath, 'utf8')).members[0];
    const items = entryPoint.members.toSorted((left, right) => compare(left.name, right.name));
    for (const item of items) if (!item.docComment) faults.push(`${item.name} has no docstring`);
    const sections = KINDS.map(({ title, kinds }) => {
      const texts = items.filter(({ kind }) => kinds.includes(kind)).map((item) => itemText(item));
      return `## ${title}\n\n${texts.join('\n')}`;
    });
    return { page: [INTRODUCTION, ...sections].join('\n'), faults };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * @param {string} apiJsonFilePath is written
 * @returns {string[]} faults of the declarations
 */
function extract(apiJsonFilePath) {
  /** @type {string[]} */
  const faults = [];
  const reporting = { default: { logLevel: ExtractorLogLevel.Warning } };
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, 'dist/src/index.d.ts'),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
      apiReport: { enabled: false },
      docModel: { enabled: true, apiJsonFilePath },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { compilerMessageReporting: reporting, extractorMessageReporting: reporting },
    },
  });
  Extractor.invoke(config, {
    messageCallback: (message) => {
      const isFault = message.category === 'Compiler' || message.messageId === 'ae-forgotten-export';
      if (isFault) faults.push(message.text);
      message.handled = true;
    },
  });
  return faults;
}

/** @param {Item} item an exported name */
function itemText(item) {
  const parts = [`### ${item.name}`, code(declarationOf(item)), ...commentText(item)];
  const isClass = item.kind === 'Class';
  for (const member of item.members ?? []) parts.push(isClass ? memberText(item, member) : propertyText(member));
  return `${parts.join('\n\n').replaceAll(/\n\n(- .*)\n\n(?=- )/g, '\n\n$1\n')}\n`;
}

/** @param {Item} owner @param {Item} member of a class */
function memberText({ name }, member) {
  const own = member.kind === 'Constructor' ? `new ${name}` : `${name}.${member.name}`;
  return [`#### ${own}`, code(declarationOf(member)), ...commentText(member)].join('\n\n');
}

/** @param {Item} member of an interface */
function propertyText(member) {
  const text = commentText(member).join(' ').replaceAll(/\s+/g, ' ');
  const declaration = declarationOf(member).replaceAll(/\s+/g, ' ').replace(/;$/, '');
  return `- \`${declaration}\`${text === '' ? '' : `: ${text}`}`;
}

/** @param {Item} item */
function declarationOf({ excerptTokens }) {
  const text = excerptTokens.map((token) => token.text).join('');
  return text.replace(/^export (declare )?/, '').trim();
}

/** @param {Item} item @returns {string[]} paragraphs */
function commentText({ docComment = '' }) {
  const lines = docComment.split('\n').map((line) => line.replace(/^\s*(\/\*\*|\*\/|\* ?)\s?/, '').trimEnd());
  const [summary = '', ...tagged] = lines.join('\n').split(/^@(?=(?:param|returns|throws|example)\b)/m);
  return [paragraphs(summary), ...tagged.map(tagText)].filter((text) => text !== '');
}

/** @param {string} tagged the tag without its @, and its text */
function tagText(tagged) {
  const [, tag = '', text = ''] = tagged.match(/^(\w+)\s*([\s\S]*)$/) ?? [];
  if (tag === 'example') return `Example:\n\n${code(text.trim())}`;
  if (tag === 'param') return `\`${text.replace(/^(\S+)(?:\s+-)?\s+/, '$1`: ').trim()}`;
  return `${tag === 'throws' ? 'Throws' : 'Returns'} ${paragraphs(text)}`;
}

/** @param {string} text */
function paragraphs(text) {
  return text.trim().replaceAll(/(?<!\n)\n(?!\n)/g, ' ');
}

/** @param {string} text */
function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/** @param {string} left @param {string} right */
function compare(left, right) {
  return left < right ? -1 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { page, faults } = await apiPage();
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  writeFileSync(PAGE, page);
}

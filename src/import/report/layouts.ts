// source > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Describes the layouts that an import assumed for its sources, in words. A user who expected another layout reads here
// which option to give.

import type { Layout, LayoutReport } from '../../base/import-report.js';
import { type FormatName, formatOf } from '../format/coding.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { SourcePlan } from '../plan/source-plan.js';

const RECORDS: Readonly<Record<Layout | 'folder', string>> = {
  ndjson: 'each line is a record',
  values: 'there are values one after another, and each value is a record',
  array: 'each element of the array is a record',
  object: 'each member of the object is a record, and its name is the key',
  elements: 'there are records with commas between them',
  folder: 'each file is read by its name and its beginning',
};

const RECORDS_OF_FORMATS: Readonly<Record<FormatName, string>> = {
  csv: 'each row is a record',
  tsv: 'each row is a record',
  bson: 'each document is a record',
  'es-bulk': 'each action with a record is a record',
};

/** An element for each kind of answer, in the order of the sources. */
export function layoutsOf(
  plans: readonly SourcePlan[],
  sources: readonly string[],
  options: Pick<FilledImportOptions, 'select' | 'collection' | 'format'>,
): LayoutReport[] {
  const found = new Map<string, { readonly plan: SourcePlan; readonly sources: Set<number> }>();
  // A large file of a folder has a plan of its own.
  const folders = new Set(plans.filter(({ layout }) => layout === 'folder').map(({ source }) => source));
  for (const plan of plans.flatMap((one) => one.members ?? [one])) {
    if (plan.leftOut !== undefined) continue;
    if (plan.layout !== 'folder' && folders.has(plan.source)) continue;
    const id = `${plan.layout} ${plan.because} ${formatIn(plan, options)}`;
    const same = found.get(id) ?? { plan, sources: new Set() };
    found.set(id, same);
    same.sources.add(plan.source);
  }
  return [...found.values()].map(({ plan, sources: { size } }) => {
    const { layout, because } = plan;
    const first = sources[plan.source] as string;
    const others = size === 1 ? '' : ` and ${size - 1} more`;
    const text = `${first}${others}: ${layoutText(plan, options)}`;
    return { layout, because, sources: size, first, text };
  });
}

type TextOptions = Pick<FilledImportOptions, 'select' | 'collection' | 'format'>;

function layoutText(plan: SourcePlan, options: TextOptions): string {
  const format = formatIn(plan, options);
  if (format !== undefined) {
    const reason =
      options.format === undefined ? 'the name says; for another format, give option format' : 'option format says';
    return `${RECORDS_OF_FORMATS[format]}, as ${reason}`;
  }
  const where = options.select === undefined ? RECORDS[plan.layout] : recordsInside(plan);
  return `${where}, ${reasonOf(plan, options)}`;
}

/** The format of a source that is one file. */
function formatIn({ layout, path }: SourcePlan, options: TextOptions): FormatName | undefined {
  return layout === 'folder' ? undefined : formatOf(path, options);
}

/** Where the records are in documents that have them inside. */
function recordsInside({ layout, recordLayout, documents }: SourcePlan): string {
  if (layout === 'folder') return 'each file is read by its name, and the records are inside of its documents';
  const records = recordLayout === 'object' ? 'each member of the object' : 'each element of the array';
  if (documents?.layout === undefined) return RECORDS[layout];
  const each = documents.layout === 'ndjson' ? 'each line is a document' : 'there are documents one after another';
  return `${each}, and ${records} inside is a record`;
}

function reasonOf(
  { layout, because }: SourcePlan,
  { select, collection }: Pick<FilledImportOptions, 'select' | 'collection'>,
) {
  if (select !== undefined) return `as option select: '${select}' says`;
  switch (because) {
    case 'option':
      return 'as option layout says';
    case 'name':
      return 'as the name says; for another layout, give option layout';
    case 'collection':
      return `as in the collection ${JSON.stringify(collection)}; for another layout, give option layout`;
    case 'content':
      return HELP[layout];
  }
}

const HELP: Readonly<Record<Layout | 'folder', string>> = {
  ndjson:
    "because the first line is a record; if the records are the members of one object, give option layout: 'object'",
  values:
    "because the first value is a record; if the records are the members of one object, give option layout: 'object'",
  array: "because the source begins with an array; if each line is a record, give option layout: 'ndjson'",
  object: 'because the source is an object',
  elements: 'because the source has commas between records',
  folder: 'to read all files in one layout, give option layout',
};

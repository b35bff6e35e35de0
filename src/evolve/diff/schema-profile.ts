// two JSON Schemas > [a profile of what they allow] > diff
//
// A JSON Schema says less than a profile: which types, formats and values are allowed, and which members must be there. It is given the
// form of a profile of records that use all of it. The counts in it mean nothing but shares.

import { ALL_FORMATS } from '../../profile/formats.js';
import {
  FORMATS,
  type KindCounts,
  NO_KINDS,
  type PathProfile,
  type Profile,
  type StringFormat,
} from '../../profile/types.js';
import { diffOf, type Proposal } from './diff.js';

type Schema = { readonly [keyword: string]: unknown };

/** References and containers are followed so deep: a schema may refer to itself. */
const DEPTH_MAX = 16;
/** Records in the profile. An optional member is in a part of them. */
const RECORDS = 1200;
const OPTIONAL_PART = 0.5;

const KINDS_OF: { readonly [type: string]: readonly (keyof KindCounts)[] } = {
  null: ['null'],
  boolean: ['false', 'true'],
  integer: ['integer'],
  number: ['decimal'],
  string: ['string'],
  array: ['array'],
  object: ['object'],
};

/** Proposes the migration between two JSON Schemas. @param from the version of the records that `before` describes */
export function diffOfSchemas(before: unknown, after: unknown, collection: string, from: number): Proposal {
  return diffOf(profileOfSchema(before), profileOfSchema(after), collection, from);
}

function profileOfSchema(root: unknown): Profile {
  return { records: RECORDS, root: pathOf(root, root, RECORDS, 0) };
}

function pathOf(given: unknown, root: unknown, count: number, depth: number): PathProfile {
  const schema = resolved(given, root);
  const types = typesIn(schema, root);
  const kinds: Record<keyof KindCounts, number> = { ...NO_KINDS };
  for (const type of types)
    for (const kind of KINDS_OF[type] ?? []) kinds[kind] += count / types.length / KINDS_OF[type]!.length;
  const tokens = valuesIn(schema).filter((value) => typeof value === 'string' || typeof value === 'number');
  return {
    kinds,
    repeats: 0,
    ...(kinds.string > 0 && { strings: stringsOf(schema) }),
    ...(tokens.length > 0 && { values: { counts: new Map(tokens.map((value) => [JSON.stringify(value), 1])) } }),
    ...(kinds.integer + kinds.decimal > 0 && { numbers: { digits: 0, beyondSafe: 0, beyondKeys: 0 } }),
    ...(kinds.array > 0 && depth < DEPTH_MAX && { arrays: arraysOf(schema, root, kinds.array, depth) }),
    ...(kinds.object > 0 && depth < DEPTH_MAX && { objects: objectsOf(schema, root, kinds.object, depth) }),
  };
}

function objectsOf(schema: Schema, root: unknown, count: number, depth: number): NonNullable<PathProfile['objects']> {
  const properties = Object.entries((schema.properties ?? {}) as Schema).sort(([a], [b]) => (a < b ? -1 : 1));
  const required = (schema.required ?? []) as readonly string[];
  const members = new Map(
    properties.map(([name, member]) => {
      const present = required.includes(name) ? count : count * OPTIONAL_PART;
      return [name, pathOf(member, root, present, depth + 1)] as const;
    }),
  );
  return { fewest: required.length, most: members.size, members };
}

function arraysOf(schema: Schema, root: unknown, count: number, depth: number): NonNullable<PathProfile['arrays']> {
  const lengths = { shortest: 1, longest: 1 };
  return schema.items === undefined ? lengths : { ...lengths, elements: pathOf(schema.items, root, count, depth + 1) };
}

function stringsOf({ minLength, maxLength, format }: Schema): NonNullable<PathProfile['strings']> {
  const bit = FORMATS.indexOf(format as StringFormat);
  return {
    shortest: typeof minLength === 'number' ? minLength : 0,
    longest: typeof maxLength === 'number' ? maxLength : Number.MAX_SAFE_INTEGER,
    formats: bit === -1 ? 0 : ALL_FORMATS & (1 << bit),
  };
}

function typesIn(schema: Schema, root: unknown, depth = 0): readonly string[] {
  if (schema.type !== undefined) return [schema.type as string | readonly string[]].flat();
  const parts = (schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []) as readonly unknown[];
  const types = parts.flatMap((part) => (depth < DEPTH_MAX ? typesIn(resolved(part, root), root, depth + 1) : []));
  const ofValues = valuesIn(schema).map((value) =>
    value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value,
  );
  const all = [...types, ...ofValues, ...(schema.properties === undefined ? [] : ['object'])];
  return all.length === 0 ? Object.keys(KINDS_OF) : [...new Set(all)];
}

function valuesIn(schema: Schema): readonly unknown[] {
  return 'const' in schema ? [schema.const] : ((schema.enum ?? []) as readonly unknown[]);
}

/** The schema that a reference within the document names. */
function resolved(given: unknown, root: unknown): Schema {
  let schema = given;
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const ref: unknown = isSchema(schema) ? schema.$ref : undefined;
    if (typeof ref !== 'string' || !ref.startsWith('#')) break;
    const names = ref
      .split('/')
      .slice(1)
      .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
    schema = names.reduce<unknown>((at, name) => (isSchema(at) && Object.hasOwn(at, name) ? at[name] : {}), root);
  }
  return isSchema(schema) ? schema : {};
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Whether all values that a profile is of are valid against a JSON Schema, as far as the profile can tell: then nobody has to look
// at the records. What speaks of one path alone can be told (type, required, bounds, lengths, formats, enum of few values, …).
// Where a keyword speaks of more, or a fact is not known, the answer is no, and the records decide.
//
// A profile counts each value of a repeated member, of which JSON.parse keeps the last: more values than there are, never fewer.

import { decodeKey } from '../keys/decode.js';
import { FORMATS, type NumberFacts, type ObjectFacts, type PathProfile, type StringFormat } from './types.js';

type Schema = { readonly [keyword: string]: unknown };

/** Of a keyword: whether it holds for all values at a path. */
type Rule = (at: PathProfile, value: never, schema: Schema, proof: Proof) => boolean;

/** References are followed so deep: a schema may refer to itself. */
const DEPTH_MAX = 64;
/** Formats that ajv-formats accepts wherever the profile has found them. */
const PROVEN_FORMATS: readonly StringFormat[] = ['date-time', 'date', 'time', 'uuid', 'email', 'uri', 'ipv4', 'ipv6'];
/** Keywords that demand nothing, at any place. */
const NOTES = new Set(
  ['$schema', '$comment', '$defs', 'definitions', 'title', 'description', 'default', 'examples', 'deprecated'].concat([
    'readOnly',
    'writeOnly',
    'contentEncoding',
    'contentMediaType',
    'contentSchema',
  ]),
);

const RULES: { readonly [keyword: string]: Rule } = {
  type: (at, types: string | readonly string[]) => areOf(at, [types].flat()),
  enum: (at, values: readonly unknown[]) => areAmong(at, values),
  const: (at, value: unknown) => areAmong(at, [value]),
  minimum: ({ numbers }, bound: number) => every(numbers, (least) => least >= bound),
  maximum: ({ numbers }, bound: number) => every(numbers, (_, greatest) => greatest <= bound),
  exclusiveMinimum: ({ numbers }, bound: number) => every(numbers, (least) => least > bound),
  exclusiveMaximum: ({ numbers }, bound: number) => every(numbers, (_, greatest) => greatest < bound),
  multipleOf: ({ numbers }) => numbers === undefined,
  minLength: ({ strings }, bound: number) => strings === undefined || strings.shortest >= bound,
  maxLength: ({ strings }, bound: number) => strings === undefined || strings.longest <= bound,
  pattern: ({ strings }) => strings === undefined,
  format: ({ strings, numbers }, name: string) => hasFormat(strings?.formats, name) && numbers === undefined,
  minItems: ({ arrays }, bound: number) => arrays === undefined || arrays.shortest >= bound,
  maxItems: ({ arrays }, bound: number) => arrays === undefined || arrays.longest <= bound,
  uniqueItems: ({ arrays }, isWanted: boolean) => !isWanted || arrays === undefined || arrays.longest <= 1,
  items: ({ arrays }, items: unknown, schema, proof) => {
    if (arrays === undefined || arrays.longest === 0) return true;
    return schema.prefixItems === undefined && arrays.elements !== undefined && proof.holds(items, arrays.elements);
  },
  properties: ({ objects }, properties: Schema, _, proof) =>
    everyMember(objects, (name, member) =>
      name === undefined
        ? Object.values(properties).every((schema) => proof.holds(schema, member))
        : !Object.hasOwn(properties, name) || proof.holds(properties[name], member),
    ),
  additionalProperties: ({ objects }, additional: unknown, { properties = {}, patternProperties }, proof) =>
    everyMember(objects, (name, member) => {
      if (name !== undefined && Object.hasOwn(properties as Schema, name)) return true;
      return patternProperties === undefined && proof.holds(additional, member);
    }),
  required: ({ kinds, objects }, names: readonly string[]) =>
    objects === undefined ||
    names.every((name) => {
      const member = objects.members?.get(name);
      return member !== undefined && countOf(member) - member.repeats === kinds.object;
    }),
  maxProperties: ({ objects }, bound: number) => objects === undefined || objects.most <= bound,
  // Repeated members count more than once.
  minProperties: ({ objects }, bound: number) =>
    objects === undefined || (objects.fewest >= bound && [...(objects.members?.values() ?? [])].every(isNeverRepeated)),
  allOf: (at, schemas: readonly unknown[], _, proof) => schemas.every((schema) => proof.holds(schema, at)),
  anyOf: (at, schemas: readonly unknown[], _, proof) => schemas.some((schema) => proof.holds(schema, at)),
  $ref: (at, ref: string, _, proof) => proof.holds(proof.resolve(ref), at),
};

/** @param schema JSON Schema 2020-12, parsed. @param root the records' own path */
export function isProven(schema: unknown, root: PathProfile): boolean {
  return new Proof(schema).holds(schema, root);
}

/** Keywords that no profile of strings, numbers or arrays proves. */
const HOPELESS = new Set(['pattern', 'multipleOf', 'uniqueItems', 'prefixItems']);

/** Whether a profile may prove a schema: whether all that it says is about one path alone. */
export function isProvable(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true;
  if (Array.isArray(schema)) return schema.every(isProvable);
  return Object.entries(schema).every(([keyword, value]) => {
    if (keyword === 'properties' || keyword === '$defs' || keyword === 'definitions')
      return Object.values(value as object).every(isProvable);
    if (keyword === 'enum' || keyword === 'const' || keyword === 'required' || keyword === 'type') return true;
    if (NOTES.has(keyword) || keyword.startsWith('x-') || keyword === '$id') return true;
    if (keyword === 'format') return PROVEN_FORMATS.some((name) => name === value);
    return Object.hasOwn(RULES, keyword) && !HOPELESS.has(keyword) && isProvable(value);
  });
}

class Proof {
  readonly #root: unknown;
  #depth = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  holds(schema: unknown, at: PathProfile): boolean {
    if (schema === true || countOf(at) === 0) return true;
    if (typeof schema !== 'object' || schema === null || this.#depth === DEPTH_MAX) return false;
    this.#depth++;
    try {
      return Object.entries(schema).every(([keyword, value]) => {
        if (NOTES.has(keyword) || keyword.startsWith('x-') || (keyword === '$id' && schema === this.#root)) return true;
        return Object.hasOwn(RULES, keyword) && RULES[keyword]!(at, value as never, schema as Schema, this);
      });
    } finally {
      this.#depth--;
    }
  }

  /** The schema that a reference within the document names; undefined, which nothing is valid against, for any other. */
  resolve(ref: string): unknown {
    if (!ref.startsWith('#/')) return ref === '#' ? this.#root : undefined;
    let at: unknown = this.#root;
    for (const part of ref.slice(2).split('/')) {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
      at = (at as Schema)[name];
    }
    return at;
  }
}

function countOf({ kinds }: PathProfile): number {
  return Object.values(kinds).reduce((sum, count) => sum + count, 0);
}

function isNeverRepeated({ repeats }: PathProfile): boolean {
  return repeats === 0;
}

function areOf({ kinds, numbers }: PathProfile, types: readonly string[]): boolean {
  const has = (type: string) => types.includes(type);
  if (kinds.null > 0 && !has('null')) return false;
  if (kinds.false + kinds.true > 0 && !has('boolean')) return false;
  if (kinds.string > 0 && !has('string')) return false;
  if (kinds.array > 0 && !has('array')) return false;
  if (kinds.object > 0 && !has('object')) return false;
  if (kinds.integer > 0 && !has('integer') && !has('number')) return false;
  // 1.0 is an integer, and 1.5 is none.
  if (kinds.decimal > 0 && !has('number')) return false;
  // What JSON.parse takes for infinite is no number to ajv.
  return every(numbers, (least, greatest) => Number.isFinite(least) && Number.isFinite(greatest));
}

/** Whether something holds for the least and the greatest number, as JSON.parse gives them: it keeps their order. */
function every(numbers: NumberFacts | undefined, holds: (least: number, greatest: number) => boolean): boolean {
  if (numbers === undefined) return true;
  const { least, greatest, beyondKeys } = numbers;
  if (least === undefined || greatest === undefined || beyondKeys > 0) return false;
  return holds(Number(decodeKey(least)), Number(decodeKey(greatest)));
}

function hasFormat(mask: number | undefined, name: string): boolean {
  if (mask === undefined) return true;
  const format = PROVEN_FORMATS.find((one) => one === name);
  return format !== undefined && ((mask >> FORMATS.indexOf(format)) & 1) === 1;
}

function areAmong({ kinds, numbers, strings, values }: PathProfile, allowed: readonly unknown[]): boolean {
  if (kinds.array + kinds.object > 0) return false;
  if (kinds.null > 0 && !allowed.includes(null)) return false;
  if (kinds.true > 0 && !allowed.includes(true)) return false;
  if (kinds.false > 0 && !allowed.includes(false)) return false;
  if (numbers === undefined && strings === undefined) return true;
  return (
    values?.counts !== undefined && [...values.counts.keys()].every((token) => allowed.includes(JSON.parse(token)))
  );
}

/** Calls for each member; for folded ones once, without a name. Where members are not known, it does not hold. */
function everyMember(
  objects: ObjectFacts | undefined,
  holds: (name: string | undefined, member: PathProfile) => boolean,
): boolean {
  if (objects === undefined || objects.most === 0) return true;
  if (objects.folded !== undefined) return holds(undefined, objects.folded);
  return objects.members !== undefined && [...objects.members].every(([name, member]) => holds(name, member));
}

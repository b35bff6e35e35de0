// profile > facts, maps > [JSON Schema]
//
// A JSON Schema (2020-12) that every profiled record meets. Types, members and elements are rules. What was merely observed
// stands in the annotation `x-gristmill`, because the next record may differ: a greatest number is not a maximum. With
// `strict` it becomes rules (strict-rules.ts).
//
// Validators in JavaScript see what JSON.parse returns. It makes infinite numbers of some, and it gives every object the
// members that all objects inherit. The comments below say where the schema allows for that.

import type { PathProfile, Profile } from '../types.js';
import { mayBeInfinite, presentIn, TYPES, typesOf } from './facts.js';
import { shownMembers } from './maps.js';
import { observedAt } from './observed.js';
import { type Schema, strictRules } from './strict-rules.js';

/** Options of `schema.jsonSchema`; all optional. */
export interface JsonSchemaOptions {
  /** Whether what was observed becomes rules: bounds, lengths, formats, few values, no other members. Default: false. */
  readonly strict?: boolean;
  /** The title of the schema, such as the name of the collection. */
  readonly title?: string;
}

/** A JSON Schema that every record of the profile meets. */
export function jsonSchema(profile: Profile, { strict = false, title }: JsonSchemaOptions = {}): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(title !== undefined && { title }),
    ...schemaOf(profile.root, strict),
  };
}

/** @param objects how many objects could have it, if it is a member */
function schemaOf(path: PathProfile, isStrict: boolean, objects?: number): Schema {
  return {
    ...typeRule(path),
    ...(isStrict && strictRules(path)),
    ...(path.arrays?.elements && { items: schemaOf(path.arrays.elements, isStrict) }),
    ...(path.objects && memberRules(path, isStrict)),
    ...(!isStrict && { 'x-gristmill': observedAt(path, objects) }),
  };
}

function typeRule(path: PathProfile): Schema {
  const types = typesOf(path);
  if (types.length === 0) return {};
  // An infinite number has no type, as ajv sees it. It passes if the other types are excluded instead.
  if (path.numbers !== undefined && mayBeInfinite(path.numbers)) {
    const isNumber = (type: string) => type === 'integer' || type === 'number';
    const others = TYPES.filter((type) => !isNumber(type) && !types.includes(type));
    return others.length === 0 ? {} : { not: { type: others } };
  }
  return { type: types.length === 1 ? types[0] : types };
}

function memberRules(path: PathProfile, isStrict: boolean): Schema {
  const shown = shownMembers(path);
  if (shown.kind === 'unknown') return {};
  if (shown.kind === 'map') return { additionalProperties: schemaOf(shown.values, isStrict) };
  const objects = path.kinds.object;
  const properties: Record<string, Schema> = {};
  const patternProperties: Record<string, Schema> = {};
  for (const [name, member] of shown.members) {
    const schema = schemaOf(member, isStrict, objects);
    if (needsPattern(name)) patternProperties[patternOf(name)] = schema;
    else properties[name] = schema;
  }
  const required = [...shown.members].filter(([, member]) => presentIn(member) === objects).map(([name]) => name);
  return {
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(Object.keys(patternProperties).length > 0 && { patternProperties }),
    ...(required.length > 0 && { required }),
    ...(isStrict && { additionalProperties: false }),
  };
}

/**
 * Whether a name cannot be a key of `properties`. A validator in JavaScript finds a property of a name such as `toString` in
 * every object, and ajv ignores `__proto__`. Patterns are compared with the names that an object has itself. And ajv puts
 * keys into a URI, which cannot hold a lone surrogate.
 */
function needsPattern(name: string): boolean {
  return name in Object.prototype || !name.isWellFormed();
}

/** The pattern of one name: letters and digits as they are, all else as escapes. */
function patternOf(name: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `^${name.replace(/\W/g, escaped)}$`;
}

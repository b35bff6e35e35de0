// profile > facts, maps > [TypeScript]
//
// TypeScript types that every profiled record has, as JSON.parse returns it. They are made to be written into code: so
// ranges and formats are comments, and only few and frequent strings become a union of literals.

import type { PathProfile, Profile } from '../types.js';
import { rangeText } from './cells.js';
import { formatsAt, isFewOfMany, presentIn, typesOf } from './facts.js';
import { shownMembers } from './maps.js';
import { isIdentifier, memberName, stringLiteral, typeNamesOf } from './ts-names.js';
import { counted, warningsOf } from './warnings.js';

/** Options of `schema.typescript`. */
export interface TypescriptOptions {
  /** The name of the type of a record: an identifier. */
  readonly name: string;
}

export interface ProfiledCollection {
  /** The name of the collection, as `store.collection` takes it. */
  readonly name: string;
  readonly profile: Profile;
}

const INDENT = '  ';
/** Literals in one union. One may be a default, and more are no list that a person wrote. */
const LITERALS_MIN = 2;
const LITERALS_MAX = 24;
/** Longer strings are texts and not words. */
const LITERAL_CHARACTERS_MAX = 24;

/** The exported type of a record. @throws TypeError if the name is no identifier */
export function typescript(profile: Profile, { name }: TypescriptOptions): string {
  if (!isIdentifier(name))
    throw new TypeError(`the name of a type must be an identifier, such as "User", not "${name}"`);
  const type = typeOf(profile.root, '');
  // An interface has a name in error messages and hovers. Other types may begin with a brace, too: arrays of objects.
  const isInterface = type.startsWith('{') && String(typesOf(profile.root)) === 'object';
  return isInterface ? `export interface ${name} ${type}\n` : `export type ${name} = ${type};\n`;
}

/** The types of several collections in one file, and `Collections`, which says what a record of each collection is. */
export function typescriptOf(collections: readonly ProfiledCollection[]): string {
  const names = typeNamesOf(collections.map(({ name }) => name));
  const types = collections.map(({ name, profile }, i) => {
    const what = `A record of ${stringLiteral(name)}: the type of ${counted(profile.records, 'record')}`;
    return `/** ${what.replaceAll('*/', '*\\/')}. */\n${typescript(profile, { name: names[i]! })}`;
  });
  const members = collections.map(({ name }, i) => `${INDENT}${memberName(name)}: ${names[i]!};\n`);
  return [
    ...types,
    `/** What a record of each collection is. */\nexport interface Collections {\n${members.join('')}}\n`,
  ].join('\n');
}

function typeOf(path: PathProfile, indent: string): string {
  const types = typesOf(path).map((type) => {
    switch (type) {
      case 'integer':
        return 'number';
      case 'string':
        return stringType(path);
      case 'array':
        return arrayType(path, indent);
      case 'object':
        return objectType(path, indent);
      default:
        return type;
    }
  });
  // Null last, as people write it.
  const ordered = [...types.filter((type) => type !== 'null'), ...types.filter((type) => type === 'null')];
  return ordered.length === 0 ? 'unknown' : ordered.join(' | ');
}

/**
 * All strings, if they are few of many and short, and have no format: these are the words of a closed list. Numbers are
 * measures more often than words, so they stay numbers.
 */
function stringType(path: PathProfile): string {
  const { strings, values } = path;
  const isText = strings!.longest > LITERAL_CHARACTERS_MAX || formatsAt(strings!).length > 0;
  if (isText || values?.counts === undefined) return 'string';
  const tokens = [...values.counts.keys()].filter((token) => token.startsWith('"'));
  // Two tokens may spell one string.
  const texts = [...new Set(tokens.map((token) => JSON.parse(token) as string))];
  const isList = texts.length >= LITERALS_MIN && texts.length <= LITERALS_MAX;
  return isList && isFewOfMany(texts.length, path.kinds.string) ? texts.map(stringLiteral).join(' | ') : 'string';
}

function arrayType(path: PathProfile, indent: string): string {
  const elements = path.arrays?.elements;
  if (elements === undefined) return 'unknown[]';
  const type = typeOf(elements, indent);
  return isUnion(elements, type) ? `(${type})[]` : `${type}[]`;
}

function isUnion(path: PathProfile, type: string): boolean {
  return typesOf(path).length > 1 || (path.kinds.string > 0 && type.includes('" | "'));
}

function objectType(path: PathProfile, indent: string): string {
  const shown = shownMembers(path);
  if (shown.kind === 'map') return `Record<string, ${typeOf(shown.values, indent)}>`;
  if (shown.kind === 'unknown' || shown.members.size === 0) return 'Record<string, unknown>';
  const inner = indent + INDENT;
  const lines = [...shown.members].map(([name, member]) => memberText(name, member, path.kinds.object, inner));
  return `{\n${lines.join('')}${indent}}`;
}

function memberText(name: string, member: PathProfile, objects: number, indent: string): string {
  const comment = commentOf(member);
  const isOptional = presentIn(member) < objects;
  // An object without this member inherits one of that name, as TypeScript has it.
  const type = isOptional && name in Object.prototype && name !== '__proto__' ? 'unknown' : typeOf(member, indent);
  const text = `${indent}${memberName(name)}${isOptional ? '?' : ''}: ${type};\n`;
  return comment === undefined ? text : `${indent}/** ${comment} */\n${text}`;
}

/**
 * What a type does not say: format or range of numbers, and what to look out for. Lengths of strings are nothing to remark.
 * Nothing in it comes from a record as text, so it cannot end the comment.
 */
function commentOf(path: PathProfile): string | undefined {
  const { numbers, strings } = path;
  const isTelling = numbers?.least !== undefined || (strings !== undefined && formatsAt(strings).length > 0);
  const facts = [...(isTelling ? [`seen: ${rangeText(path)}`] : []), ...warningsOf(path)];
  return facts.length === 0 ? undefined : facts.join('; ');
}

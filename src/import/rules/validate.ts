// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// A record that is not valid against a JSON Schema (2020-12) is bad: that of option `validate`, and that which the collection carries.
// What is checked is the record as it is stored, as `JSON.parse` gives it. Ajv checks it, which is loaded only then: this file
// alone knows it.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { GristmillError, type SchemaViolation } from '../../base/errors.js';
import { loadPackage } from '../../base/load.js';
import { isWithheld, shownText } from '../../base/snippet.js';
import type { KeyValue } from '../../keys/encode.js';

/** Where a record is not valid, and what it does not fit. */
export interface Violation {
  /** JSON Pointer (RFC 6901) to the value in the record. */
  readonly pointer: string;
  /** The keyword of the schema. */
  readonly keyword: string;
  /** For example: must be integer. */
  readonly message: string;
}

/** Checks records against schemas, all of which have to hold. */
export class SchemaCheck {
  readonly #validates: readonly ValidateFunction[];

  constructor(validates: readonly ValidateFunction[]) {
    this.#validates = validates;
  }

  /** @param texts of schemas that `schemaText` has given */
  static of(texts: readonly string[]): SchemaCheck {
    return new SchemaCheck(texts.map((text) => compiled(text, () => text)));
  }

  /** The first violation that ajv finds; undefined if the record is valid. @param text strict JSON */
  violation(text: string): Violation | undefined {
    const value: unknown = JSON.parse(text);
    for (const validate of this.#validates) {
      if (validate(value)) continue;
      const [first] = validate.errors as ErrorObject[];
      const { instancePath: pointer, keyword, message = '' } = first!;
      return { pointer, keyword, message };
    }
    return undefined;
  }
}

/**
 * The check of the schema that a collection carries.
 * @param hash of the text, which is asked for if this thread does not know the check
 * @throws GristmillError CHECKSUM_MISMATCH if it is no schema: gristmill did not set it; what `text` throws
 */
export function carriedCheck(collection: string, hash: string, text: () => string): SchemaCheck {
  try {
    return new SchemaCheck([compiled(hash, text)]);
  } catch (cause) {
    if (cause instanceof GristmillError) throw cause;
    const why = shownText(() => (cause as Error).message);
    const message = `the schema that collection ${collection} carries is not a JSON Schema (2020-12): ${why}; set another one, or remove it (gristmill schema set, schema unset)`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, isWithheld() ? {} : { cause });
  }
}

/** What an error says of a record beside its message. @param key undefined if it has none yet */
export function factsOf(key: KeyValue | undefined, { pointer, keyword }: Violation): SchemaViolation {
  return isWithheld() ? { keyword } : { ...(key !== undefined && { key }), pointer, keyword };
}

/** The end of a sentence about a bad record. */
export function violationText({ pointer, keyword, message }: Violation): string {
  const place = pointer === '' ? 'the record' : `the value at ${pointer}`;
  return `not valid against the schema (${keyword}): ${shownText(() => `${place} ${message}`)}`;
}

/** @throws TypeError for what is no path, file: URL or JSON Schema */
export function checkValidate(given: string): void {
  if (typeof given !== 'string' || given === '')
    throw new TypeError('must be the path or file: URL of a JSON Schema, or the schema as JSON text');
}

/**
 * The text of a schema that compiles, without blanks.
 * @param given its path or file: URL, or the schema itself as JSON text
 * @param where names it in errors
 * @throws TypeError if it cannot be read, or is no JSON Schema (2020-12)
 */
export function schemaText(given: string, where = 'options.validate'): string {
  const isText = given.trimStart().startsWith('{');
  const what = isText ? 'the given text' : given;
  const refuse = (why: string, cause: unknown): never => {
    throw new TypeError(`${where}: ${what} ${why}: ${(cause as Error).message}`, { cause });
  };
  let text = given;
  if (!isText) {
    try {
      text = readFileSync(given.startsWith('file:') ? fileURLToPath(given) : resolve(given), 'utf8');
    } catch (cause) {
      return refuse('cannot be read', cause);
    }
  }
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (cause) {
    return refuse('is not valid JSON', cause);
  }
  const compact = JSON.stringify(schema);
  try {
    compiled(compact, () => compact);
  } catch (cause) {
    return refuse('is not a JSON Schema (2020-12)', cause);
  }
  return compact;
}

/** Those that this thread compiled last, by their texts or hashes: an import has two of them at most, and each collection may have one. */
const known = new Map<string, ValidateFunction>();
const KNOWN_MAX = 64;

function compiled(name: string, text: () => string): ValidateFunction {
  const before = known.get(name);
  if (before !== undefined) return before;
  const { Ajv2020 } = loadPackage<typeof import('ajv/dist/2020.js')>('ajv/dist/2020.js');
  const addFormats = loadPackage<typeof import('ajv-formats')>('ajv-formats').default;
  // Keywords that it does not know are notes, as the specification says.
  const ajv = new Ajv2020({ strict: false, allowUnionTypes: true, logger: false });
  addFormats(ajv);
  const validate = ajv.compile(JSON.parse(text()));
  // Its answer would be a promise, which comes too late.
  if ('$async' in validate) throw new Error('$async is not supported');
  if (known.size === KNOWN_MAX) known.delete(known.keys().next().value as string);
  known.set(name, validate);
  return validate;
}

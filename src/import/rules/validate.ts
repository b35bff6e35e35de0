// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Option `validate`: a record that is not valid against a JSON Schema (2020-12) is bad. What is checked is the record as it is stored,
// as `JSON.parse` gives it. Ajv checks it, which is loaded only then: this file alone knows it.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { loadPackage } from '../../base/load.js';
import { shownText } from '../../base/snippet.js';

/** Where a record is not valid, and what it does not fit. */
export interface Violation {
  /** JSON Pointer (RFC 6901) to the value in the record. */
  readonly pointer: string;
  /** The keyword of the schema. */
  readonly keyword: string;
  /** For example: must be integer. */
  readonly message: string;
}

/** Checks records against one schema. */
export class SchemaCheck {
  readonly #validate: ValidateFunction;

  /** @param text of a schema that `schemaText` has given */
  constructor(text: string) {
    this.#validate = compiled(text);
  }

  /** The first violation that ajv finds; undefined if the record is valid. @param text strict JSON */
  violation(text: string): Violation | undefined {
    if (this.#validate(JSON.parse(text))) return undefined;
    const [first] = this.#validate.errors as ErrorObject[];
    const { instancePath: pointer, keyword, message = '' } = first!;
    return { pointer, keyword, message };
  }
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
 * @throws TypeError if it cannot be read, or is no JSON Schema (2020-12)
 */
export function schemaText(given: string): string {
  const isText = given.trimStart().startsWith('{');
  const what = isText ? 'the given text' : given;
  const refuse = (why: string, cause: unknown): never => {
    throw new TypeError(`options.validate: ${what} ${why}: ${(cause as Error).message}`, { cause });
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
    compiled(compact);
  } catch (cause) {
    return refuse('is not a JSON Schema (2020-12)', cause);
  }
  return compact;
}

/** The check that this thread compiled last: an import has one schema. */
let last: { readonly text: string; readonly validate: ValidateFunction } | undefined;

function compiled(text: string): ValidateFunction {
  if (last?.text === text) return last.validate;
  const { Ajv2020 } = loadPackage<typeof import('ajv/dist/2020.js')>('ajv/dist/2020.js');
  const addFormats = loadPackage<typeof import('ajv-formats')>('ajv-formats').default;
  // Keywords that it does not know are notes, as the specification says.
  const ajv = new Ajv2020({ strict: false, allowUnionTypes: true, logger: false });
  addFormats(ajv);
  const validate = ajv.compile(JSON.parse(text));
  last = { text, validate };
  return validate;
}

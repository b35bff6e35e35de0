// What is known of all records of a collection, or of sources: as a user holds it. It is a profile (profile/types.ts), and ways
// to show it (profile/show/).

import { diffOf, type Proposal } from '../../evolve/diff/diff.js';
import { decodeProfile, encodeProfile } from '../../profile/encode.js';
import { diffProfiles, type SchemaDifference } from '../../profile/show/diff.js';
import { type JsonSchemaOptions, jsonSchema } from '../../profile/show/json-schema.js';
import { type SchemaJson, type SchemaRow, schemaJson, schemaRows } from '../../profile/show/rows.js';
import { type TypescriptOptions, typescript, typescriptOf } from '../../profile/show/typescript.js';
import { type Profile, valuesOf } from '../../profile/types.js';

/** The types of several collections, as the text of one module. */
export let typesOf: (collections: readonly { readonly name: string; readonly schema: Schema }[]) => string;

/** The schema of bytes that `encode` gave. @throws GristmillError CHECKSUM_MISMATCH for others */
export function decodeSchema(bytes: Uint8Array): Schema {
  return new Schema(decodeProfile(bytes), false);
}

/**
 * The shape and the values of all records: each path with its kinds, how often it is there, how many different values it has,
 * its range. `collection.schema()` and `schemaOf` make it.
 */
export class Schema {
  readonly #profile: Profile;

  static {
    typesOf = (collections) =>
      typescriptOf(collections.map(({ name, schema }) => ({ name, profile: schema.#profile })));
  }

  /** @internal @param isNamed whether a line is `{"key":…,"value":…}`: then the schema is of the values */
  constructor(profile: Profile, isNamed: boolean) {
    this.#profile = valuesOf(profile, isNamed);
  }

  /** The number of records that were looked at. */
  get records(): number {
    return this.#profile.records;
  }

  /** The paths with what is known of each, in the order of a table: an object before its members. */
  rows(): SchemaRow[] {
    return schemaRows(this.#profile);
  }

  /** All of it as plain values, for JSON. `JSON.stringify` calls it. */
  toJSON(): SchemaJson {
    return schemaJson(this.#profile);
  }

  /**
   * A JSON Schema (2020-12) that every record is valid against. It demands what is structure: kinds, names, and members that all
   * objects have. What was only observed (ranges, formats, frequent values) is under `x-gristmill`. With `strict`, it is demanded too.
   * @example writeFileSync('users.schema.json', JSON.stringify(schema.jsonSchema({ strict: true })));
   */
  jsonSchema(options?: JsonSchemaOptions): object {
    return jsonSchema(this.#profile, options);
  }

  /**
   * TypeScript types of the records, as the text of a module. The type of a record is named `Item` unless told.
   * @example writeFileSync('user.d.ts', schema.typescript({ name: 'User' }));
   */
  typescript({ name = 'Item' }: Partial<TypescriptOptions> = {}): string {
    return typescript(this.#profile, { name });
  }

  /** What is new, gone or changed in `other`, which is a later schema of such records. */
  diff(other: Schema): SchemaDifference[] {
    return diffProfiles(this.#profile, other.#profile);
  }

  /**
   * Proposes the migration from these records to those of `other` (docs/evolution.md). What is not certain is a question, and a
   * migration with questions cannot be applied.
   * @param collection the collection of the migration
   * @param from the version of these records
   */
  migrationTo(other: Schema, collection: string, from: number): Proposal {
    return diffOf(this.#profile, other.#profile, collection, from);
  }

  /** All that is known as bytes, to compare a later schema with. Of the same records the bytes are the same. */
  encode(): Uint8Array {
    return encodeProfile(this.#profile);
  }
}

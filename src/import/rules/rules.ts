// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// What happens to a record between the source and the store, by the options of the import, in this order:
//
//   where > sample > transform > pick, omit > migrate (schemaVersion) > validate > limit
//
// Keys are those of the record as it is stored.

import { planOf } from '../../evolve/plan/plan.js';
import type { Migration, Plan } from '../../evolve/types.js';
import { parsePath } from '../../keys/paths.js';
import { Conditions } from './conditions.js';
import { Projection } from './projection.js';
import { isSampled } from './sample.js';
import { outputsOf, transformAt } from './transform.js';
import { SchemaCheck, type Violation } from './validate.js';

/** The rules, as the workers get them. */
export interface RuleTexts {
  readonly where: readonly string[];
  readonly sample?: number | undefined;
  /** The URL of a module that each thread loads. */
  readonly transform?: string | undefined;
  readonly pick: readonly string[];
  readonly omit: readonly string[];
  /** What makes the newest version of a record of the version that the sources deliver. Empty: they deliver the newest. */
  readonly migrations: readonly Migration[];
  /** The texts of JSON Schemas, from `schemaText`: all of them have to hold. */
  readonly schemas: readonly string[];
  /** The greatest number of records that a span stores. */
  readonly limit?: number | undefined;
}

/** Where a record is: its value, and its name, with quotes; 0: it has none. */
export interface RecordPlace {
  readonly name: number;
  readonly start: number;
  readonly end: number;
}

/** Undefined if all records are stored as they are. */
export function rulesIn(texts: RuleTexts): RuleTexts | undefined {
  const { where, sample, transform, pick, omit, migrations, schemas, limit } = texts;
  const hasLists = [where, pick, omit, migrations, schemas].some(({ length }) => length > 0);
  const hasOthers = [sample, transform, limit].some((rule) => rule !== undefined);
  return hasLists || hasOthers ? { where, sample, transform, pick, omit, migrations, schemas, limit } : undefined;
}

export class RecordRules {
  readonly #conditions: Conditions | undefined;
  readonly #sample: number | undefined;
  readonly #transform: ReturnType<typeof transformAt> | undefined;
  readonly #projection: Projection | undefined;
  readonly #plan: Plan | undefined;
  readonly #check: SchemaCheck | undefined;

  constructor({ where, sample, transform, pick, omit, migrations, schemas }: RuleTexts) {
    this.#plan = migrations.length === 0 ? undefined : planOf(migrations);
    this.#check = schemas.length === 0 ? undefined : SchemaCheck.of(schemas);
    this.#conditions = where.length === 0 ? undefined : new Conditions(where);
    this.#sample = sample;
    this.#transform = transform === undefined ? undefined : transformAt(transform);
    const hasProjection = pick.length + omit.length > 0;
    this.#projection = hasProjection ? new Projection(pick.map(parsePath), omit.map(parsePath)) : undefined;
  }

  /** Whether a record is stored. */
  takes(bytes: Uint8Array, { name, start, end }: RecordPlace): boolean {
    if (this.#conditions !== undefined && !this.#conditions.hold(bytes, start)) return false;
    return this.#sample === undefined || isSampled(bytes, name, start, end, this.#sample);
  }

  get hasTransform(): boolean {
    return this.#transform !== undefined;
  }

  /** Whether records may be stored with other keys than the kernel has found. */
  get makesOthers(): boolean {
    return this.#transform !== undefined || this.#plan !== undefined;
  }

  /**
   * The texts, as they are stored, of what transform and migrations make of a record. Undefined: they change nothing.
   * @throws TransformFault; MigrationFailure
   */
  made(text: string): readonly Uint8Array[] | undefined {
    const outputs = this.#transform && outputsOf(this.#transform, text);
    if (outputs !== undefined) return outputs.map((output) => this.#migrated(this.#projected(output)));
    if (this.#plan === undefined) return undefined;
    const projected = this.#projected(text);
    const migrated = this.#migrated(projected);
    return migrated === projected ? undefined : [migrated];
  }

  #projected(text: string): Uint8Array {
    const bytes = Buffer.from(text);
    return this.#projection?.of(bytes, 0, bytes.byteLength).slice() ?? bytes;
  }

  #migrated(bytes: Uint8Array): Uint8Array {
    if (this.#plan === undefined) return bytes;
    const { buffer, byteOffset, byteLength } = bytes;
    const text = Buffer.from(buffer, byteOffset, byteLength).toString();
    const migrated = this.#plan.up(text);
    return migrated === text ? bytes : Buffer.from(migrated);
  }

  get hasSchema(): boolean {
    return this.#check !== undefined;
  }

  /** Where a record does not fit a schema. @param text as it is stored */
  violation(text: string): Violation | undefined {
    return this.#check?.violation(text);
  }

  /** The text of its value as it is stored, valid until the next call. Undefined: as it is. */
  changed(bytes: Uint8Array, { start, end }: RecordPlace): Uint8Array | undefined {
    return this.#projection?.of(bytes, start, end);
  }
}

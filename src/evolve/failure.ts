// migration > plan > [failure]
//
// Why an operation refuses a record. An operation throws a refusal, which knows the place in the record. The plan makes a
// `MigrationFailure` of it, which also knows the operation and the version.

import { GristmillError } from '../base/errors.js';
import { formatPath } from '../keys/paths.js';
import type { OperationName } from './types.js';

/** Why an operation cannot change a record. */
export type FailureReason =
  /** The place that a value is to get to is taken. */
  | 'TARGET_EXISTS'
  /** There is no object that the value could become a member of. */
  | 'NO_PARENT'
  /** The value is of another kind. */
  | 'WRONG_KIND'
  /** The string is no such number, or the number no integer. */
  | 'NOT_CONVERTIBLE'
  /** The table has no such value. */
  | 'NOT_IN_TABLE'
  /** A member is there twice, and only one can go to another place. */
  | 'REPEATED'
  /** Some of the members that go together are missing. */
  | 'INCOMPLETE'
  /** The object has members that the operation does not name. */
  | 'OTHER_MEMBERS'
  /** The string does not have so many parts, or a part has the separator in it. */
  | 'WRONG_PARTS'
  /** The function is not registered, or cannot be undone. */
  | 'NO_FUNCTION'
  | 'FUNCTION_FAILED'
  /** The function has changed the key of the record. */
  | 'KEY_CHANGED'
  | 'RECORD_TOO_LARGE';

/** Names of members, one in the other. `*`: an element of an array. */
export type Place = readonly string[];

/** Thrown by an operation. It is no Error: whoever catches it says which operation it was. */
export class Refusal {
  constructor(
    readonly reason: FailureReason,
    readonly place: Place,
    /** What is wrong, in words that follow the place: "is no number". */
    readonly what: string,
    readonly cause?: unknown,
  ) {}
}

/** Which operation it is, for a person who reads the migration file. */
export interface OperationLabel {
  readonly operation: number;
  readonly version: number;
  readonly op: OperationName;
}

/** The error that a plan throws for a record that an operation refuses. Nothing of the record is changed. */
export class MigrationFailure extends GristmillError {
  /** The operation, from 0, in its migration. */
  declare readonly operation: number;
  /** The version that the migration leads to. */
  declare readonly version: number;
  /** The name of the operation. */
  declare readonly op: OperationName;
  /** The place in the record, as that version's operation sees it. */
  declare readonly path: string;
  declare readonly reason: FailureReason;

  /** @internal */
  constructor(refusal: Refusal, { operation, version, op }: OperationLabel) {
    const path = refusal.place.length === 0 ? '' : formatPath(refusal.place);
    const subject = path === '' ? 'it' : `"${path}"`;
    super(
      'MIGRATION_FAILED',
      `operation ${operation} (${op}) of the migration to version ${version} cannot change the record: ${subject} ${refusal.what}`,
      { reason: refusal.reason, cause: refusal.cause },
    );
    Object.assign(this, { operation, version, op, path });
  }
}

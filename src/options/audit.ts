// Options of the audit log: what a host application says of its changes. Checked before any work, because an entry cannot be
// changed later.

import { AUDIT_FIELD_MAX, AUDIT_FIELDS_MAX, AUDIT_WHY_MAX } from '../base/limits.js';
import { any, isOptions, type OptionTable, resolveOptions } from './check.js';

/** What an application adds to the actor of a change: at most 16 fields. */
export type AuditFields = Readonly<Record<string, string | number | boolean>>;

/** Of every method that changes the store. */
export const REASON = {
  why: {
    ...{ type: 'text', default: undefined, check: checkWhy },
    meaning: 'reason of the change, for the audit log',
  },
} as const satisfies OptionTable;

/** An option of every method that changes the store. */
export interface Reason {
  /** The reason of the change, for the audit log: at most 1,000 characters. Default: none. */
  readonly why?: string | undefined;
}

/** Option `audit` of `openStore`. */
export interface AuditOptions {
  /**
   * What the application adds to the actor of each change: fields, or a function that returns them. The function is called
   * when the change is asked for, so it sees the request of the caller. At most 16 fields; a name has letters, digits, `_`,
   * `.` and `-`; a text has at most 256 characters.
   */
  readonly actor?: AuditFields | (() => AuditFields) | undefined;
  /** Whether transactions log the key and the hashes of each record that they change. Default false. */
  readonly records?: boolean | undefined;
}

/** Resolved once for a store: fields are checked by then, a function each time. */
export interface ResolvedAuditOptions {
  /** Fields about who makes the changes, or a function that gives them. */
  readonly actor: AuditFields | (() => AuditFields) | undefined;
  /** Whether the log has an entry for each changed record. */
  readonly records: boolean;
}

const AUDIT_OPTIONS = {
  actor: any<AuditFields | (() => AuditFields)>(
    'fields that are added to the actor of each change, or a function that returns them',
  ),
  records: {
    type: 'boolean',
    default: false,
    meaning: 'log the key and the hashes of each record that transactions change',
  },
} as const satisfies OptionTable;

const METHOD = 'openStore';
const NAME = /^[A-Za-z_][\w.-]{0,63}$/;

/** @throws TypeError */
export function resolveAuditOptions(given: AuditOptions | undefined): ResolvedAuditOptions {
  if (given !== undefined && !isOptions(given)) throw new TypeError(`${METHOD}: options.audit must be an object`);
  const { actor, records } = resolveOptions(`${METHOD}: options.audit`, AUDIT_OPTIONS, given);
  const isLater = actor === undefined || typeof actor === 'function';
  return Object.freeze({ actor: isLater ? actor : checkedFields(actor), records });
}

/**
 * The fields of a change that begins now.
 * @throws TypeError for what cannot be logged; what the function of the application throws
 */
export function fieldsNow({ actor }: ResolvedAuditOptions): AuditFields | undefined {
  return typeof actor === 'function' ? checkedFields(actor()) : actor;
}

function checkedFields(given: unknown): AuditFields {
  const refuse = (why: string): never => {
    throw new TypeError(`${METHOD}: options.audit.actor ${why}`);
  };
  if (
    given === null ||
    typeof given !== 'object' ||
    Array.isArray(given) ||
    typeof (given as PromiseLike<unknown>).then === 'function'
  ) {
    return refuse('must be an object, or a function that returns one');
  }
  const entries = Object.entries(given);
  if (entries.length > AUDIT_FIELDS_MAX) refuse(`must have at most ${AUDIT_FIELDS_MAX} fields`);
  const fields: Record<string, string | number | boolean> = {};
  for (const [name, value] of entries) {
    if (!NAME.test(name))
      refuse(`has a field ${JSON.stringify(name.slice(0, 80))}: a name has letters, digits, _ . and -`);
    const isFine = typeof value === 'boolean' || Number.isFinite(value) || isText(value, AUDIT_FIELD_MAX);
    if (!isFine)
      refuse(`has a field ${name} that is no text of at most ${AUDIT_FIELD_MAX} characters, number or boolean`);
    fields[name] = value as string;
  }
  return Object.freeze(fields);
}

function isText(value: unknown, max: number): boolean {
  return typeof value === 'string' && value.length <= max && value.isWellFormed();
}

/** @throws TypeError */
export function checkWhy(why: unknown): void {
  if (isText(why, AUDIT_WHY_MAX) && why !== '') return;
  throw new TypeError(`a reason must be a text of 1 to ${AUDIT_WHY_MAX} characters`);
}

/** The reason given to a method that has no other options. @throws TypeError */
export function reasonIn(method: string, given: Reason | undefined): string | undefined {
  return given === undefined ? undefined : resolveOptions(method, REASON, given).why;
}

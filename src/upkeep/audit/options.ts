// [audit]: what the log is asked for.

import { REASON, type Reason } from '../../options/audit.js';
import { any, type OptionTable, resolveOptions } from '../../options/check.js';
import { LONG_WORK } from '../../options/shared.js';
import { AUDIT_OPERATIONS, type AuditOperation } from '../../store/audit/operations.js';

/** A time: ISO 8601, a Date, or milliseconds since 1970. */
export type AuditTime = string | number | Date;

/** Options of `store.audit.log`; all optional. An unknown name is a TypeError. */
export interface AuditLogOptions {
  /** Only entries from this time on. */
  readonly since?: AuditTime | undefined;
  /** Only entries before this time. */
  readonly until?: AuditTime | undefined;
  /** Only entries of this actor: a user name, a user id, a host, or the value of a field of the application. */
  readonly actor?: string | undefined;
  /** Only entries of this operation. Default: of all. */
  readonly operation?: AuditOperation | undefined;
  /** Only entries about this collection. */
  readonly collection?: string | undefined;
  /** The greatest number of entries. Default: all. */
  readonly limit?: number | undefined;
  /** Whether the newest entries come first. Default false. */
  readonly reverse?: boolean | undefined;
}

/** Options of `store.audit.verify`; all optional. An unknown name is a TypeError. */
export interface AuditVerifyOptions {
  /** A line of an earlier `checkpoint`: the log must still have the entry that was the newest then. */
  readonly since?: string | undefined;
  /** Cancels: it rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `store.audit.prune`. An unknown name is a TypeError. */
export interface AuditPruneOptions extends Reason {
  /** Entries before this sequence number, or before this time (ISO 8601 text, or a Date), are removed. */
  readonly before: number | string | Date;
}

/** Options of `store.audit.keep`. */
export type AuditKeepOptions = Reason;

const text = (given: unknown): void => {
  if (typeof given !== 'string' || given === '') throw new TypeError('it must be a text');
};

export const AUDIT_LOG_OPTIONS = {
  since: any<AuditTime>('only entries from this time on'),
  until: any<AuditTime>('only entries before this time'),
  actor: {
    ...{ type: 'text', default: undefined, check: text },
    meaning: 'only entries of this user, user id, host, or value of a field of the application',
  },
  operation: {
    ...{ type: 'choice', default: undefined, choices: Object.keys(AUDIT_OPERATIONS) as AuditOperation[] },
    meaning: 'only entries of this operation',
  },
  collection: {
    ...{ type: 'text', default: undefined, check: text },
    meaning: 'only entries about this collection',
  },
  limit: {
    ...{ type: 'integer', default: undefined, min: 1, max: Number.MAX_SAFE_INTEGER },
    meaning: 'greatest number of entries; unset: all',
  },
  reverse: { type: 'boolean', default: false, meaning: 'the newest entries first' },
} as const satisfies OptionTable;

const VERIFY_OPTIONS = {
  since: { ...{ type: 'text', default: undefined, check: text }, meaning: 'a line of an earlier checkpoint' },
  ...LONG_WORK,
} as const satisfies OptionTable;

const PRUNE_OPTIONS = {
  before: any<AuditPruneOptions['before']>('sequence number or time before which entries are removed'),
  ...REASON,
} as const satisfies OptionTable;

/** @throws TypeError */
export function resolveAuditLog(given: AuditLogOptions | undefined) {
  const { since, until, ...rest } = resolveOptions('log', AUDIT_LOG_OPTIONS, given);
  return {
    ...rest,
    since: since && timeIn('log: options.since', since),
    until: until && timeIn('log: options.until', until),
  };
}

/** @throws TypeError */
export function resolveAuditVerify(given: AuditVerifyOptions | undefined) {
  return resolveOptions('verify', VERIFY_OPTIONS, given);
}

/** @throws TypeError */
export function resolveAuditPrune(given: AuditPruneOptions) {
  const { before, why } = resolveOptions('prune', PRUNE_OPTIONS, given);
  if (before === undefined) throw new TypeError('prune: options.before must be a sequence number or a time');
  if (typeof before !== 'number') return { before: timeIn('prune: options.before', before), why };
  if (Number.isSafeInteger(before) && before > 0) return { before, why };
  throw new TypeError('prune: options.before must be a sequence number from 1 on, or a time');
}

/** @throws TypeError */
function timeIn(name: string, given: AuditTime): Date {
  const time = new Date(given);
  if (!Number.isNaN(time.getTime())) return time;
  throw new TypeError(`${name} must be a time, such as 2026-11-30T12:00:00Z`);
}

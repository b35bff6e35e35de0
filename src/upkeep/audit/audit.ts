// [audit]: the log as it is asked for: read and filtered, verified, pruned.

import { setImmediate } from 'node:timers/promises';
import { either } from '../../options/shared.js';
import { cancelledError } from '../../parallel/wire.js';
import { type AuditCheckpoint, checkpointLine, checkpointOf, parseCheckpoint } from '../../store/audit/checkpoint.js';
import { auditEntries } from '../../store/audit/log.js';
import { type AuditPruneReport, firstSince, pruneAudit } from '../../store/audit/prune.js';
import type { AuditEntry, AuditPart } from '../../store/audit/types.js';
import { type AuditVerifyReport, verifyAudit } from '../../store/audit/verify.js';
import type { StorePlace } from '../../store/files/blobs.js';
import type { Catalog } from '../../store/types.js';
import {
  type AuditLogOptions,
  type AuditPruneOptions,
  type AuditVerifyOptions,
  resolveAuditLog,
  resolveAuditPrune,
  resolveAuditVerify,
} from './options.js';

type Selection = ReturnType<typeof resolveAuditLog>;

/** Entries of the log as of now. @throws GristmillError CHECKSUM_MISMATCH; TypeError */
export async function* auditLog(catalog: Catalog, given?: AuditLogOptions): AsyncGenerator<AuditEntry> {
  const selection = resolveAuditLog(given);
  const { limit = Number.POSITIVE_INFINITY, reverse } = selection;
  const snapshot = catalog.snapshot();
  try {
    let count = 0;
    for await (const entry of auditEntries(snapshot, reverse)) {
      if (!isMeant(entry, selection)) continue;
      yield entry;
      if (++count >= limit) return;
    }
  } finally {
    snapshot.release();
  }
}

/** Times are compared one by one: a clock may have been set back. */
function isMeant(entry: AuditEntry, { since, until, actor, operation, collection }: Selection): boolean {
  const { parts = [], collections = [] } = entry;
  const time = new Date(entry.time);
  if (since !== undefined && time < since) return false;
  if (until !== undefined && time >= until) return false;
  if (operation !== undefined && ![entry, ...parts].some((one) => one.operation === operation)) return false;
  if (actor !== undefined && !actorsIn(entry, parts).some((one) => String(one) === actor)) return false;
  if (collection === undefined) return true;
  const named = [...collections, ...parts.flatMap((part) => part.collections)];
  return named.some(({ name, to }) => name === collection || to === collection);
}

function actorsIn({ actor: { uid, user, host }, by }: AuditEntry, parts: readonly AuditPart[]): unknown[] {
  const fields = [by, ...parts.map((part) => part.by)].flatMap((one) => Object.values(one ?? {}));
  return [uid, user, host, ...fields];
}

interface Target {
  readonly catalog: Catalog;
  readonly place: StorePlace;
}

/** @throws GristmillError CANCELLED; TypeError */
export async function verifyAuditLog(
  {
    catalog,
    place,
    closing,
  }: Pick<Target, 'catalog'> & {
    readonly place: Pick<StorePlace, 'seal'>;
    readonly closing?: AbortSignal | undefined;
  },
  given?: AuditVerifyOptions,
): Promise<AuditVerifyReport> {
  const { since, signal } = resolveAuditVerify(given);
  const cancel = either(signal, closing);
  const checkpoint = since === undefined ? undefined : parseCheckpoint(since);
  const pause = async (): Promise<void> => {
    await setImmediate();
    if (cancel?.aborted) throw cancelledError(cancel.reason);
  };
  const read = catalog.snapshot();
  try {
    await pause();
    return await verifyAudit({ read, place, pause, since: checkpoint });
  } finally {
    read.release();
  }
}

/** Undefined where the log has no entry yet. */
export function catalogCheckpoint(catalog: Catalog): (AuditCheckpoint & { readonly line: string }) | undefined {
  catalog.refresh();
  const found = checkpointOf(catalog);
  return found && { ...found, line: checkpointLine(found) };
}

/** @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; TypeError */
export async function pruneAuditLog(target: Target, given: AuditPruneOptions): Promise<AuditPruneReport> {
  const { before, why } = resolveAuditPrune(given);
  const sequence = typeof before === 'number' ? before : await firstSince(target.catalog, before);
  return pruneAudit(target, sequence, { why });
}

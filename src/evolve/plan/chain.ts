// migrations > [chain] > plan > store
//
// Migrations of which some leave a record as it is if they cannot change it. Such a migration cannot be composed with others: what
// comes after it gets one record or another. So it is a link of its own.

import type { KeyPath } from '../../keys/key-path.js';
import { MigrationFailure } from '../failure.js';
import type { Plan, StoredMigration } from '../types.js';

/** Consecutive migrations that are one plan. */
interface Link {
  readonly plan: Plan;
  /** Whether a record stays as it is if the plan cannot change it. */
  readonly keeps: boolean;
}

/** @param planOf composes migrations that have to change every record */
export function chained(
  migrations: readonly StoredMigration[],
  planOf: (some: readonly StoredMigration[]) => Plan,
): Plan {
  const groups: StoredMigration[][] = [];
  for (const migration of migrations) {
    const last = groups.at(-1);
    const isAlone = [migration, last?.[0]].some((one) => one?.onFailure === 'keep');
    if (last === undefined || isAlone) groups.push([migration]);
    else last.push(migration);
  }
  const links = groups.map((some): Link => ({ plan: planOf(some), keeps: some[0]!.onFailure === 'keep' }));
  return new Chain(migrations, links);
}

class Chain implements Plan {
  readonly migrations: readonly StoredMigration[];
  readonly from: number;
  readonly to: number;
  readonly canFail: boolean;
  /** Whether a record was kept cannot be told of the newer one alone. */
  readonly isLossless = false;
  readonly #links: readonly Link[];

  constructor(migrations: readonly StoredMigration[], links: readonly Link[]) {
    this.migrations = migrations;
    this.from = migrations[0]!.from;
    this.to = migrations.at(-1)!.to;
    this.canFail = links.some(({ plan, keeps }) => !keeps && plan.canFail);
    this.#links = links;
  }

  up(text: string): string {
    return this.#links.reduce((now, link) => newer(link, now).text, text);
  }

  /** Without the stored record, one that has no older version is taken for one that was kept. */
  down(text: string, stored?: string): string {
    if (stored === undefined) {
      const older = (now: string, link: Link) => made(link, now, (one) => link.plan.down(one)).text;
      return this.#links.reduceRight(older, text);
    }
    let older = stored;
    const back = this.#links.map(({ plan, keeps }) => {
      const before = older;
      const { text: after, isKept } = newer({ plan, keeps }, before);
      older = after;
      return (now: string): string => (isKept ? now : plan.down(now, before));
    });
    return back.reduceRight((now, step) => step(now), text);
  }

  touches(path: KeyPath): boolean {
    return this.#links.some(({ plan }) => plan.touches(path));
  }

  sourceOf(path: KeyPath): KeyPath | undefined {
    return this.#links.reduceRight<KeyPath | undefined>((now, { plan, keeps }) => {
      if (now === undefined || (keeps && plan.touches(now))) return undefined;
      return plan.sourceOf(now);
    }, path);
  }
}

interface Made {
  readonly text: string;
  readonly isKept: boolean;
}

function newer(link: Link, text: string): Made {
  return made(link, text, (one) => link.plan.up(one));
}

/** @throws MigrationFailure if the record has to be changed, or if a function is missing: with it, it may be changed */
function made({ keeps }: Link, text: string, change: (text: string) => string): Made {
  try {
    return { text: change(text), isKept: false };
  } catch (error) {
    const isKept = keeps && error instanceof MigrationFailure && error.reason !== 'NO_FUNCTION';
    if (!isKept) throw error;
    return { text, isKept };
  }
}

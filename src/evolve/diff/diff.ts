// two profiles > pairs > [diff] > migration
//
// Proposes the migration from the records of one profile to those of another. What is certain is an operation. Anything else is a
// question, and no migration with a question can be applied: a removal above all.

import { formatPath } from '../../keys/paths.js';
import { presentIn, typesOf } from '../../profile/show/facts.js';
import { shownMembers } from '../../profile/show/maps.js';
import { distinctValues, sharedValues } from '../../profile/sketch.js';
import type { PathProfile, Profile } from '../../profile/types.js';
import type { Place } from '../failure.js';
import { canConvert } from '../operations/retype.js';
import type { Migration, Operation, ScalarKind } from '../types.js';
import { type Pair, pairsOf } from './pairs.js';
import type { Evidence, Side } from './similarity.js';

/** Something that a person has to decide. */
export interface Question {
  /** The path that it is about. */
  readonly path: string;
  /** The question as a sentence. */
  readonly question: string;
  /** Operations that may be the answer. None of them may be: then the question is only to be removed. */
  readonly choices: readonly Operation[];
}

/** A migration that someone may have to complete. Only without `questions` is it one that can be applied. */
export interface ProposedMigration extends Migration {
  /** What only a person can decide. `apply` refuses a migration that still has questions. */
  readonly questions?: readonly Question[];
}

/** A migration that is proposed, and why. */
export interface Proposal {
  /** The migration. If it has questions, it cannot be applied. */
  readonly migration: ProposedMigration;
  /** Why each of the renames is certain, in the order of the operations. */
  readonly evidence: readonly Evidence[];
}

/** @param from the version of the records of `before` */
export function diffOf(before: Profile, after: Profile, collection: string, from: number): Proposal {
  const diff = new Diff(areSameRecords(before.root, after.root));
  diff.objects([], before.root, after.root);
  const { questions } = diff;
  const migration = { collection, from, to: from + 1, ops: diff.operations };
  return { migration: questions.length === 0 ? migration : { ...migration, questions }, evidence: diff.evidence };
}

class Diff {
  readonly operations: Operation[] = [];
  readonly evidence: Evidence[] = [];
  readonly questions: Question[] = [];
  readonly #areSameRecords: boolean;

  constructor(isSame: boolean) {
    this.#areSameRecords = isSame;
  }

  /** Compares the members of the objects at a place of the newer version. */
  objects(place: Place, before: PathProfile, after: PathProfile): void {
    const [left, right] = [shownMembers(before), shownMembers(after)];
    // The names of a map are data.
    if (left.kind !== 'members' || right.kind !== 'members') return;
    const sidesOf = (members: ReadonlyMap<string, PathProfile>, objects: number): Side[] =>
      [...members].map(([name, path]) => ({ name, path, objects }));
    const was = sidesOf(left.members, before.kinds.object);
    const is = sidesOf(right.members, after.kinds.object);
    const gone = was.filter(({ name }) => !right.members.has(name));
    const fresh = is.filter(({ name }) => !left.members.has(name));
    const { certain, possible } = pairsOf(gone, fresh, this.#areSameRecords);
    for (const { before: old, after: now, evidence } of certain) {
      this.operations.push({ op: 'rename', path: formatPath([...place, old.name]), to: now.name });
      this.evidence.push(evidence);
    }
    const isPaired = (side: Side) => certain.some((pair) => pair.before === side || pair.after === side);
    for (const side of gone.filter((one) => !isPaired(one))) this.#askGone(place, side, possible);
    for (const side of fresh.filter((one) => !isPaired(one))) this.#askNew(place, side);
    for (const pair of certain) this.#inside([...place, pair.after.name], pair);
    for (const side of was) {
      const now = is.find(({ name }) => name === side.name);
      if (now !== undefined) this.#inside([...place, now.name], { before: side, after: now });
    }
  }

  #inside(place: Place, { before, after }: Pick<Pair, 'before' | 'after'>): void {
    this.#askKinds(place, before.path, after.path);
    this.objects(place, before.path, after.path);
  }

  #askGone(place: Place, { name }: Side, possible: readonly Pair[]): void {
    const path = formatPath([...place, name]);
    const renames = possible
      .filter((pair) => pair.before.name === name)
      .map(({ after }): Operation => ({ op: 'rename', path, to: after.name }));
    this.questions.push({
      path,
      question: renames.length === 0 ? 'Is it removed?' : 'Is it removed, or does it have another name?',
      choices: [...renames, { op: 'remove', path }],
    });
  }

  /** A new member that only some records have needs nothing. */
  #askNew(place: Place, { name, path: values, objects }: Side): void {
    if (presentIn(values) < objects) return;
    const path = formatPath([...place, name]);
    const question = 'All newer records have it. What value do older ones get?';
    this.questions.push({ path, question, choices: [{ op: 'add', path, value: null }] });
  }

  #askKinds(place: Place, before: PathProfile, after: PathProfile): void {
    const [was, is] = [typesOf(before), typesOf(after)].map((types) => types.filter((type) => type !== 'null'));
    if (was!.every((type) => is!.includes(type) || (type === 'integer' && is!.includes('number')))) return;
    const path = formatPath(place);
    const [from, to] = [was![0] as ScalarKind, is![0] as ScalarKind];
    const isOne = was!.length === 1 && is!.length === 1;
    this.questions.push({
      path,
      question: `It was ${was!.join(' or ')} and is ${is!.join(' or ') || 'null'}. What becomes of older values?`,
      choices: isOne && canConvert(from, to) ? [{ op: 'retype', path, from, to }] : [],
    });
  }
}

/** With fewer different values at a path, other records have the same. */
const DISTINCT_MIN = 8;
const SHARED_MIN = 0.3;

/** Whether the two profiles are of the same records in the main, by the values of the paths that both have. */
function areSameRecords(before: PathProfile, after: PathProfile): boolean {
  const shared = [...sharesOf(before, after)];
  return shared.length > 0 && Math.max(...shared) >= SHARED_MIN;
}

function* sharesOf(before: PathProfile, after: PathProfile): Generator<number> {
  const isTelling = [before, after].every(({ values }) => distinctValues(values) >= DISTINCT_MIN);
  if (isTelling) yield sharedValues(before.values, after.values);
  for (const [name, member] of before.objects?.members ?? []) {
    const other = after.objects?.members?.get(name);
    if (other !== undefined) yield* sharesOf(member, other);
  }
}

// notices > [schedule] > readiness > sync > event
//
// When to look at what. Changes are noticed path by path; a path is due when nothing has happened to it for a while, or
// when something has kept happening to it for too long. What is due together is one round; there is never more than one.
// Pure: it is told the time (in milliseconds, of a clock that does not go back) and starts nothing by itself.
//
// Nothing noticed is forgotten: a path waits until a round takes it, and a round that failed owes its paths to the next.
// Where too many wait to be listed, and from time to time in any case, a round compares everything.

import { NOTICED_PATHS_MAX } from '../base/limits.js';

/** What one synchronisation looks at: these paths, and what is below them; `undefined`: everything. */
export interface Round {
  readonly paths: ReadonlySet<string> | undefined;
}

interface ScheduleTimes {
  /** A path is due when nothing was noticed of it for so long. */
  readonly stabilityMs: number;
  /** A path is due so long after it was first noticed, whatever happens to it. */
  readonly maxWaitMs: number;
  /** From the end of one comparison of everything to the next. */
  readonly compareMs: number;
}

/** Notices are counted: this is the number of the first that waits for its round. */
interface Waiting {
  readonly notice: number;
  readonly first: number;
  last: number;
}

const NEVER = Number.POSITIVE_INFINITY;

export class Schedule {
  readonly #times: ScheduleTimes;
  #compareMs: () => number;
  readonly #waiting = new Map<string, Waiting>();
  /** When the first of `#waiting` is due, or earlier: what is noticed again is due later. */
  #pathsDue = NEVER;
  #compareDue: number;
  /** First notice that waits for everything to be compared. */
  #compareNotice = 1;
  /** What rounds that failed were to look at, for the next one; `all` where only a comparison makes up for it. */
  #owed: Set<string> | 'all' = new Set();
  #retryDue = NEVER;
  #running: { readonly round: Round; readonly notice: number } | undefined;
  #noticed = 1;

  /** The first round, due at once, compares everything. */
  constructor(times: ScheduleTimes, now: number) {
    this.#times = times;
    this.#compareMs = () => times.compareMs;
    this.#compareDue = now;
  }

  /** Changes the time between two comparisons of everything. @param compareMs is asked for each */
  compareEvery(compareMs: () => number, now: number): void {
    this.#compareMs = compareMs;
    this.#compareDue = Math.min(this.#compareDue, now + compareMs());
  }

  /** Something happened to `path`, or below it. */
  notice(path: string, now: number): void {
    const { stabilityMs, maxWaitMs } = this.#times;
    const waiting = this.#waiting.get(path);
    if (waiting !== undefined) {
      waiting.last = now;
      return;
    }
    this.#waiting.set(path, { notice: ++this.#noticed, first: now, last: now });
    this.#pathsDue = Math.min(this.#pathsDue, now + Math.min(stabilityMs, maxWaitMs));
    if (this.#waiting.size > NOTICED_PATHS_MAX) this.noticeAll(now);
  }

  /** Something happened, and nobody knows to what. */
  noticeAll(now: number): void {
    this.#compareNotice = Math.min(this.#compareNotice, ++this.#noticed, firstOf(this.#waiting.values()));
    this.#compareDue = Math.min(this.#compareDue, now + this.#times.stabilityMs);
    this.#waiting.clear();
    this.#pathsDue = NEVER;
  }

  /** When to call `take` again; never while a round runs. */
  due(): number {
    return this.#running ? NEVER : Math.min(this.#pathsDue, this.#compareDue, this.#retryDue);
  }

  /** Begins the next round, if one is due and none runs; `done` or `failed` ends it. */
  take(now: number): Round | undefined {
    if (now < this.due()) return undefined;
    const due = this.#takeDue(now);
    let notice = firstOf(due.values());
    const compares = now >= this.#compareDue;
    if (!compares && due.size === 0 && now < this.#retryDue) return undefined;
    const round: Round = {
      paths: compares || this.#owed === 'all' ? undefined : new Set([...due.keys(), ...this.#owed]),
    };
    if (round.paths === undefined) {
      notice = Math.min(notice, this.#compareNotice);
      this.#compareNotice = NEVER;
      this.#compareDue = NEVER;
    }
    this.#owed = new Set();
    this.#retryDue = NEVER;
    this.#running = { round, notice };
    return round;
  }

  /** Takes the paths that are due out of those that wait. */
  #takeDue(now: number): Map<string, Waiting> {
    const { stabilityMs, maxWaitMs } = this.#times;
    const due = new Map<string, Waiting>();
    if (now < this.#pathsDue) return due;
    this.#pathsDue = NEVER;
    for (const [path, waiting] of this.#waiting) {
      const time = Math.min(waiting.last + stabilityMs, waiting.first + maxWaitMs);
      if (time <= now) {
        due.set(path, waiting);
        this.#waiting.delete(path);
      } else {
        this.#pathsDue = Math.min(this.#pathsDue, time);
      }
    }
    return due;
  }

  /** The round has succeeded. */
  done(now: number): void {
    this.#end(now);
  }

  /**
   * The round has failed and has changed nothing: the next one looks at the same, too.
   * @param retryAt when there is a next one at the latest, even if nothing happens until then. A comparison of everything that
   * failed does not come sooner by itself.
   */
  failed(now: number, retryAt = NEVER): void {
    const { paths } = this.#end(now);
    if (paths === undefined && retryAt !== NEVER) this.#compareDue = retryAt;
    const owed = this.#owed;
    this.#retryDue = retryAt;
    if (paths === undefined || owed === 'all' || owed.size + paths.size > NOTICED_PATHS_MAX) this.#owed = 'all';
    else for (const path of paths) owed.add(path);
  }

  #end(now: number): Round {
    const { round } = this.#running!;
    this.#running = undefined;
    if (round.paths === undefined) this.#compareDue = Math.min(this.#compareDue, now + this.#compareMs());
    return round;
  }

  /** How many notices there were: what is noticed later has a higher number. */
  get noticed(): number {
    return this.#noticed;
  }

  /** Number of the first notice that no round has looked at; infinite when all were. */
  first(): number {
    return Math.min(firstOf(this.#waiting.values()), this.#compareNotice, this.#running?.notice ?? NEVER);
  }
}

function firstOf(waiting: Iterable<Waiting>): number {
  let first = NEVER;
  for (const { notice } of waiting) first = Math.min(first, notice);
  return first;
}

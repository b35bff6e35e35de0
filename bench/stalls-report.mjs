// The tables of bench/stalls.mjs: who waited how long, what the longest puts waited for, and which transactions were long.

import { summary } from './harness.mjs';
import { rounded } from './report.mjs';

const PHASES = ['nothing else', 'replace', 'upsert', 'compact'];
const READ_PARTS = [
  'beginning a switch',
  'choosing hot keys',
  'collecting garbage',
  'loading a new generation',
  'reading page keys',
  'reading a frame',
];
/** Transactions that end a merge: that which publishes it, and the one that says that an index has been cleaned. */
const ENDS = new Set(['publish', 'WriterLock.set']);

/** @param {{ bytes: number, waits: Record<string, Record<string, object>>, changes: object[] }} measured */
export function stallReport({ bytes, waits, changes }) {
  return {
    data: { bytes },
    tables: [
      {
        title: 'waits: ms',
        headers: [
          'what',
          'meanwhile',
          'count',
          'p50',
          'p99',
          'longest of a round (of all)',
          'longest but for want of a core',
          'transaction in that (ms of it)',
        ],
        rows: Object.entries(waits).flatMap(([what, phases]) => rowsOf(what, phases, changes)),
      },
      {
        title: 'what the longest puts waited for: ms, medians of the rounds',
        headers: [
          'what',
          'meanwhile',
          'all of it',
          'a merge',
          'of it after its end',
          'the write lock',
          'its change',
          'the gate',
          'its commit',
        ],
        rows: Object.entries(waits)
          .filter(([what]) => what.startsWith('put'))
          .flatMap(([what, phases]) => partsOf(what, phases, changes)),
      },
      {
        title: 'how much of the longest openings and closings was the gate: ms, medians of the rounds',
        headers: ['what', 'meanwhile', 'all of it', 'the gate'],
        rows: Object.entries(waits)
          .filter(([what]) => /^(opening|closing)/.test(what))
          .flatMap(([what, phases]) => gateOf(what, phases)),
      },
      {
        title:
          'what the longest waits of readers were, but for want of a core: ms, means of the rounds (parts may lie in each other, and have no core at times)',
        headers: ['what', 'meanwhile', 'all of it', ...READ_PARTS],
        rows: Object.entries(waits)
          .filter(([, phases]) => phases.replace.busiest[0].parts !== undefined)
          .flatMap(([what, phases]) => readPartsOf(what, phases)),
      },
      {
        title:
          'transactions of the process that imports or compacts: ms, the longest of each kind, medians of the rounds',
        headers: [
          'which',
          'of',
          'a round',
          'all of it',
          'waited for the write lock',
          'its changes',
          'the gate',
          'its commit',
        ],
        rows: transactionsOf(changes),
      },
    ],
    notes: [
      `A replacement took ${middleOf(changes, 'replace', duration)} ms, an upsert ${middleOf(changes, 'upsert', duration)} ms, a ` +
        `compaction ${middleOf(changes, 'compact', duration)} ms (medians of ${changes.length / PHASES.slice(1).length}). In an ` +
        `upsert ${middleOf(changes, 'upsert', merging)} ms lay between the transaction that announces the merge and the end of ` +
        'the one that publishes it.',
    ],
    results: {
      waits,
      changes: changes.map(({ change, from, to, steps }) => ({ change, ms: to - from, longest: longestOf(steps) })),
    },
  };
}

function rowsOf(what, phases, changes) {
  return PHASES.map((phase) => {
    const { samples, p50, p99, longest, busiest } = phases[phase];
    const { median, max } = summary(longest.map(({ ms }) => ms));
    const busy = summary(busiest.map(({ ms, queued }) => ms - queued)).median;
    const waits = [`${rounded(median)} (${rounded(max)})`, rounded(busy), meanwhile(busiest, changes)];
    return [what, phase, samples, rounded(p50), rounded(p99), ...waits];
  });
}

/** The transaction of the other process that fills most of these waits: what it is, and how much of them, by the median. */
function meanwhile(waits, changes) {
  const steps = changes.flatMap((change) => change.steps);
  const inside = new Map();
  for (const { at, ms } of waits) {
    const overlap = ({ locked, over }) => Math.min(over, at + ms) - Math.max(locked, at);
    const [most] = steps.filter((step) => overlap(step) > 0).sort((one, other) => overlap(other) - overlap(one));
    if (most !== undefined) inside.set(most.caller, [...(inside.get(most.caller) ?? []), overlap(most)]);
  }
  const [often] = [...inside].sort(([, some], [, others]) => others.length - some.length);
  return often && `${often[0]}, ${often[1].length} of ${waits.length} rounds (${rounded(summary(often[1]).median)})`;
}

function partsOf(what, phases, changes) {
  return PHASES.map((phase) => {
    const longest = phases[phase].longest.map((one) => ({ ...one, late: lateness(one, changes) }));
    const middle = (name) => rounded(summary(longest.map((one) => one[name])).median);
    return [what, phase, ...['ms', 'merge', 'late', 'lock', 'change', 'gate', 'commit'].map(middle)];
  });
}

function gateOf(what, phases) {
  return PHASES.map((phase) => {
    const { longest } = phases[phase];
    return [what, phase, ...['ms', 'gate'].map((name) => rounded(summary(longest.map((one) => one[name])).median))];
  });
}

/** Who waits for a merge looks again now and then: how long after the transaction that ended it. */
function lateness({ at, merge }, changes) {
  if (merge === 0) return 0;
  const ends = changes.flatMap(({ steps }) =>
    steps.filter(({ caller, over }) => ENDS.has(caller) && over <= at + merge),
  );
  return Math.max(0, at + merge - Math.max(at, ...ends.map(({ over }) => over)));
}

function readPartsOf(what, phases) {
  return PHASES.map((phase) => {
    const { busiest } = phases[phase];
    const mean = (value) => rounded(busiest.reduce((sum, one) => sum + value(one), 0) / busiest.length);
    return [
      what,
      phase,
      mean(({ ms, queued }) => ms - queued),
      ...READ_PARTS.map((part) => mean(({ parts }) => parts[part] ?? 0)),
    ];
  });
}

function transactionsOf(changes) {
  return PHASES.slice(1).flatMap((phase) => {
    const rounds = changes.filter(({ change }) => change === phase).map(({ steps }) => steps);
    const callers = [...new Set(rounds.flat().map(({ caller }) => caller))];
    return callers
      .map((caller) =>
        kindOf(
          phase,
          caller,
          rounds.map((steps) => steps.filter((step) => step.caller === caller)),
        ),
      )
      .sort((one, other) => other.longest - one.longest)
      .map(({ row }) => row);
  });
}

function kindOf(phase, caller, rounds) {
  const longest = rounds
    .filter((steps) => steps.length > 0)
    .map((steps) => steps.reduce((a, b) => (held(b) > held(a) ? b : a)));
  const middle = (value) => summary(longest.map(value)).median;
  const parts = [
    middle(({ begun, over }) => over - begun),
    middle(({ begun, locked }) => locked - begun),
    middle(({ locked, changed }) => changed - locked),
    middle(({ changed, entered = changed }) => entered - changed),
    middle(({ changed, entered = changed, over }) => over - entered),
  ];
  const count = summary(rounds.map(({ length }) => length)).median;
  return { longest: parts[0], row: [caller, phase, count, ...parts.map(rounded)] };
}

const held = ({ locked, over }) => over - locked;

function longestOf(steps) {
  return [...steps].sort((one, other) => held(other) - held(one)).slice(0, 3);
}

const duration = ({ from, to }) => to - from;

/** From the transaction after which others wait for the merge to the one after which they go on. */
function merging({ steps }) {
  return (
    steps.find(({ caller }) => caller === 'publish').over - steps.find(({ caller }) => caller === 'WriterLock.set').over
  );
}

function middleOf(changes, wanted, value) {
  return rounded(summary(changes.filter(({ change }) => change === wanted).map(value)).median);
}

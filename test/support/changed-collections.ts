// Collections before and after a change of their shape that the tests know: who was renamed, removed, added.

import { pick, type Random, randomFrom } from './random.js';

type Values = (random: Random, id: number) => unknown;

const digits = (random: Random, count: number) => Array.from({ length: count }, () => random(10)).join('');
const word = (random: Random) => Array.from({ length: 3 + random(6) }, () => pick(random, [...'aeioulmnrst'])).join('');

/** Kinds of members, with names that people give them. Each pair of names is a rename that someone has made. */
const MEMBERS: readonly {
  readonly names: readonly (readonly [string, string])[];
  readonly values: (seed: Random) => Values;
}[] = [
  {
    names: [
      ['name', 'fullName'],
      ['title', 'headline'],
      ['author', 'writer'],
      ['company', 'organisation'],
    ],
    values: () => (r) => `${word(r)} ${word(r)}`,
  },
  {
    names: [
      ['email', 'mail'],
      ['contact', 'contact_email'],
    ],
    values: () => (r, id) => `${word(r)}${id}@example.org`,
  },
  {
    names: [
      ['created', 'createdAt'],
      ['updated_at', 'updatedAt'],
      ['date', 'day'],
    ],
    values: () => (r) => `20${10 + r(16)}-0${1 + r(9)}-1${r(10)}T1${r(10)}:${10 + r(50)}:00Z`,
  },
  {
    names: [
      ['price', 'unitPrice'],
      ['amount', 'total'],
      ['weight', 'mass'],
    ],
    values: () => (r) => (100 + r(90_000)) / 100,
  },
  {
    names: [
      ['stock', 'inStock'],
      ['year', 'yearBuilt'],
      ['qty', 'quantity'],
    ],
    values: (seed) => {
      const most = 12 + seed(5000);
      return (r) => r(most);
    },
  },
  {
    names: [
      ['phone', 'phoneNumber'],
      ['fax', 'telefax'],
    ],
    values: () => (r) => `+49 ${digits(r, 3)} ${digits(r, 6)}`,
  },
  {
    names: [
      ['active', 'isActive'],
      ['deleted', 'is_deleted'],
      ['paid', 'isPaid'],
    ],
    values: (seed) => {
      const part = 1 + seed(98);
      return (r) => r(100) < part;
    },
  },
  {
    names: [
      ['status', 'orderStatus'],
      ['kind', 'kindOf'],
    ],
    values: (seed) => {
      const all = ['open', 'done', 'new', 'lost'].slice(seed(2));
      return (r) => all[Math.min(r(all.length), r(all.length))];
    },
  },
  {
    names: [
      ['tags', 'keywords'],
      ['labels', 'labelList'],
    ],
    values: () => (r) => Array.from({ length: r(4) }, () => word(r)),
  },
  {
    names: [
      ['address', 'location'],
      ['billing', 'billingAddress'],
    ],
    values: () => (r) => ({ street: `${word(r)} ${r(99)}`, city: word(r), zip: digits(r, 5) }),
  },
  {
    names: [
      ['uuid', 'guid'],
      ['token', 'secret'],
    ],
    values: () => (r) => `${digits(r, 8)}-${digits(r, 4)}-${digits(r, 12)}`,
  },
];

export interface ChangedCollection {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Old and new names. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** A collection of some 200 records, of which after the change some are gone and others new. */
export function changedCollection(seed: number): ChangedCollection {
  const random = randomFrom(seed);
  const all = MEMBERS.flatMap(({ names, values }) =>
    names.map((pair) => ({ pair, values: values(random), others: values(random), part: 60 + random(60) })),
  );
  const chosen = all.filter(() => random(3) > 0);
  const renamed = new Map<string, string>();
  const [removed, added] = [new Set<string>(), new Set<string>()];
  for (const { pair } of chosen) {
    const dice = random(10);
    // A member that is removed and one that is added, of other values, are no rename, however alike.
    if (dice < 2) renamed.set(pair[0], random(6) === 0 ? `x${word(random)}` : pair[1]);
    else if (dice === 2) removed.add(pair[0]);
    else if (dice === 3) added.add(pair[1]);
    else if (dice === 4) removed.add(pair[0]).size && added.add(pair[1]);
  }
  const records = Array.from({ length: 220 }, (_, id) => {
    const before: Record<string, unknown> = { id };
    const after: Record<string, unknown> = { id };
    for (const { pair, values, others, part } of chosen) {
      const [has, value] = [random(100) < part, values(random, id)];
      if (has) before[pair[0]] = value;
      if (has && !removed.has(pair[0])) after[renamed.get(pair[0]) ?? pair[0]] = value;
      // Of its own kind, but with values of its own.
      if (added.has(pair[1]) && random(100) < part) after[pair[1]] = others(random, id + 1000);
    }
    return [JSON.stringify(before), JSON.stringify(after)] as const;
  });
  const churn = random(3) * 8;
  return {
    before: records.slice(0, 220 - churn).map(([before]) => before),
    after: records.slice(random(1 + churn)).map(([, after]) => after),
    renamed,
  };
}

// Question: how soon can a change of a watched source be read, and what is read for it?
// Data: 10,000 files of one record of about 1 KB in 100 folders; an NDJSON file of such records that grows to twice the bench's
// bytes (1 GiB). Method: a process watches the folder, 100 files are written anew, and it asks for their records until
// all are new; three times. Which files were read the file system says itself, where it keeps times of access: they are set
// to long ago beforehand. The NDJSON file is a quarter of its size at first; 1 MiB is added, three times; then it grows to
// its size at once, and 1 MiB is added again, three times. For comparison all of it is imported anew.
// Reading: a change is readable within the bar, the time for which a file must be left alone before it counts as
// written included; no other byte is read; and 1 MiB costs the same whatever it is added to.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, BARS } from './bars.mjs';
import { reported, summary } from './harness.mjs';
import { dataSize, megabytes, rounded } from './report.mjs';

const FILES = { full: 10_000, quick: 1_000 };
const CHANGED = 0.01;
const ADDED_BYTES = 2 ** 20;
const ROUNDS = { full: 3, quick: 2 };

export const question = 'How soon can a change of a watched source be read, and what is read for it?';
export const method =
  'From the last write to the first reading of all that was written, medians. Bytes read are what the store reports of the ' +
  "sources; files read are those whose time of access has moved; `rchar` is what the system says the process has read, the store's own files included.";

export async function run({ bytes, quick, scratch }) {
  const rounds = quick ? ROUNDS.quick : ROUNDS.full;
  const folder = mkdtempSync(join(scratch, 'watch-'));
  try {
    console.error('watch: files');
    const count = quick ? FILES.quick : FILES.full;
    const files = await reported('watch-files.mjs', { folder, files: count, changed: count * CHANGED, rounds });
    console.error('watch: a growing file');
    const sizes = { bytes: 2 * bytes, addedBytes: ADDED_BYTES, rounds };
    const growth = await reported('watch-growth.mjs', { folder, ...sizes });
    return report(files, growth, 2 * bytes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(files, growth, bytes) {
  const { first, again, changes, changedPerRound, filesRead } = files;
  const middle = (rows, name) => summary(rows.map((row) => row[name])).median;
  const changesRead = changes.reduce((sum, change) => sum + change.bytes, 0);
  const changesWritten = changes.reduce((sum, change) => sum + change.written, 0);
  const filesChanged = new Set(changes.flatMap(({ paths }) => paths)).size;
  const [quarter, whole] = growth.steps;
  const most = (rows, name) => Math.max(...rows.map((row) => row[name]));
  const rows = [
    { what: `${files.files} files, all of them new`, ...first },
    { what: 'the same after a restart of the watch', ...again },
    ...changes.map((change) => ({ what: `${changedPerRound} of them changed`, ...change })),
    { what: `NDJSON of ${dataSize(bytes / 4)}, new`, ...growth.first },
    ...quarter.map((step) => ({ what: `${dataSize(ADDED_BYTES)} added to it`, ...step })),
    { what: `${dataSize((bytes * 3) / 4)} added to it`, ...growth.bulk },
    ...whole.map((step) => ({ what: `${dataSize(ADDED_BYTES)} added to ${dataSize(bytes)}`, ...step })),
    { what: `all ${dataSize(bytes)} imported anew`, ...growth.whole },
  ];
  return {
    data: { bytes },
    tables: [
      {
        title: 'from the last write until it can be read',
        headers: ['what', 'seconds', 'of them at work', 'changed or added MB', 'read MB', 'rchar MB'],
        rows: rows.map(({ what, seconds, milliseconds, written, bytes: read, rchar }) => [
          ...[what, rounded(seconds), rounded(milliseconds / 1e3)],
          ...[megabytes(written), megabytes(read), megabytes(rchar)],
        ]),
      },
    ],
    bars: [
      atMost(
        `${changedPerRound} of ${files.files} watched files changed: readable after`,
        BARS.watchSeconds,
        most(changes, 'seconds'),
        's',
      ),
      atMost(
        'bytes read ÷ bytes of the files that changed',
        BARS.watchBytesOfChanged,
        changesRead / changesWritten,
        '×',
      ),
      ...(filesRead === undefined
        ? []
        : [atMost('files read ÷ files changed, by their times of access', 1, filesRead / filesChanged, '×')]),
      atMost(
        `1 MiB added to ${dataSize(bytes)} of NDJSON: bytes read ÷ bytes added`,
        BARS.grownBytesOfAdded,
        most(whole, 'bytes') / ADDED_BYTES,
        '×',
      ),
      // What the process has read by the system's count has the store's own files in it, so it is compared with itself.
      ...(whole.some(({ rchar }) => rchar === undefined)
        ? []
        : [
            atMost(
              `1 MiB added to ${dataSize(bytes)}: rchar ÷ that when added to ${dataSize(bytes / 4)}`,
              BARS.grownOfSmaller,
              middle(whole, 'rchar') / middle(quarter, 'rchar'),
              '×',
            ),
          ]),
      atMost(
        `1 MiB added to ${dataSize(bytes)}: seconds at work ÷ those when added to ${dataSize(bytes / 4)}`,
        BARS.grownOfSmaller,
        middle(whole, 'milliseconds') / middle(quarter, 'milliseconds'),
        '×',
        `all of it: ${rounded((growth.whole.seconds * 1e3) / middle(whole, 'milliseconds'))} × as long`,
      ),
    ],
    notes: filesRead === undefined ? ['This file system keeps no times of access: files read were not counted.'] : [],
    pictures: [picture(rows)],
    results: { files, growth },
  };
}

function picture(rows) {
  const panels = [
    { field: 'seconds', title: 'seconds until it can be read', colour: '#0072b2' },
    { field: 'read', title: 'MB of sources read', colour: '#d55e00' },
  ];
  const kinds = [...grouped(rows)].map(([what, all]) => ({
    what,
    seconds: +summary(all.map(({ seconds }) => seconds)).median.toFixed(3),
    read: +(summary(all.map(({ bytes }) => bytes)).median / 1e6).toFixed(3),
  }));
  return {
    name: 'watch',
    alt: 'Seconds until a change of a watched source can be read, and megabytes read for it: both follow what was changed, not what is there',
    spec: {
      title: {
        text: 'What a change of a watched source costs',
        subtitle: 'from the last write, the time a file must be left alone included; medians',
      },
      data: { values: kinds },
      hconcat: panels.map(({ field, title, colour }, panel) => ({
        ...{ width: 260, height: 26 * kinds.length },
        layer: [
          { mark: { type: 'bar', color: colour } },
          {
            mark: { type: 'text', align: 'left', dx: 4 },
            encoding: { text: { field, type: 'quantitative', format: '.3~r' } },
          },
        ],
        encoding: {
          y: {
            field: 'what',
            type: 'nominal',
            sort: null,
            title: null,
            axis: panel === 0 ? { labelLimit: 300 } : null,
          },
          x: {
            ...{ field, type: 'quantitative', title, axis: { tickCount: 5 } },
            // Room for the figure beside the longest bar.
            scale: { type: 'sqrt', nice: false, domain: [0, 1.5 * Math.max(...kinds.map((kind) => kind[field]))] },
          },
        },
      })),
    },
  };
}

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.what, [...(groups.get(row.what) ?? []), row]);
  return groups;
}

// Question: what do readers notice of ten generation switches while imports are running?
// Data: flat as NDJSON, each record with the number of its edition in front; a hot set of 1,000 keys. Method: one process
// reads with freshness `warm`, 20,000 times a second: reads are due at fixed times, and a latency is from when a read was
// due to its answer, so whoever comes while the process is busy with something else has waited too. Meanwhile, in turns, another
// process (the command line) imports an edition into another store, which is the same load without a switch, and
// into the one that is read. Now and then a `getMany` of hot and other keys looks whether all are of one edition.
// Reading: p99 of the reads of both kinds of turns is the bar. The same with freshness `immediate` shows what warming
// before the switch is for.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, BARS } from './bars.mjs';
import { reported, summary } from './harness.mjs';
import { rounded } from './report.mjs';
import { countLines } from './setup.mjs';

const NAME = 'flat';
/** An edition is such a part of the bench's bytes. */
const SHARE = 1 / 12;
const SWITCHES = { full: 10, quick: 3 };
/** Fewer, for comparison only. */
const IMMEDIATE_SWITCHES = 4;
const HOT_KEYS = 1000;
const HEADERS = ['freshness', 'imports', 'reads', 'p50', 'p90', 'p99', 'p99.9', 'max'];

export const question = 'What do readers notice of ten generation switches while imports are running?';
export const method =
  `One process reads ${HOT_KEYS} hot keys, 20,000 reads a second at times that are fixed beforehand, while another imports, in ` +
  'turns, into the store that is read (with a switch) and into another (without). Latencies are from when a read was due.';

export async function run({ bytes, quick, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'switch-'));
  try {
    const source = datasets.file({ name: NAME, bytes: Math.floor(bytes * SHARE), form: 'ndjson' });
    const switches = quick ? SWITCHES.quick : SWITCHES.full;
    const editions = Array.from({ length: switches + 1 }, (_, edition) => edition);
    const sources = editions.map((edition) => edited(source, edition, folder));
    const records = await countLines(source);
    const task = { folder, sources, name: NAME, key: datasets.key(NAME), records, hotKeys: HOT_KEYS };
    const results = [];
    for (const freshness of ['warm', 'immediate']) {
      console.error(`switch: ${freshness}`);
      const some = freshness === 'warm' ? sources : sources.slice(0, IMMEDIATE_SWITCHES + 1);
      results.push({ freshness, ...(await reported('switch-reads.mjs', { ...task, freshness, sources: some })) });
    }
    return report(results, Math.floor(bytes * SHARE));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The source with the number of the edition in each record. */
function edited(source, edition, folder) {
  const path = join(folder, `edition-${edition}.ndjson`);
  writeFileSync(path, readFileSync(source, 'latin1').replaceAll(/^\{/gm, `{"edition":${edition},`), 'latin1');
  return path;
}

function report(results, bytes) {
  const [warm, immediate] = results;
  const ratio = ({ withSwitch, without }) => withSwitch.p99 / without.p99;
  return {
    data: { bytes },
    tables: [
      {
        title: 'from when a read was due to its answer: µs',
        headers: HEADERS,
        rows: results.flatMap(({ freshness, switches, withSwitch, without }) => [
          rowOf(freshness, `${switches.length} into another store`, without),
          rowOf(freshness, `${switches.length} into the store, ${switches.length} switches`, withSwitch),
        ]),
      },
    ],
    bars: [
      atMost(
        `reads during ${warm.switches.length} switches under import load: p99 ÷ without switches`,
        BARS.switchOfNone,
        ratio(warm),
        '×',
        `freshness immediate: ${rounded(ratio(immediate))} ×`,
      ),
      atMost(`reads that failed, of ${warm.reads}`, BARS.failedReads, warm.failed, 'reads'),
      atMost(`\`getMany\` of ${warm.checks} that mixed generations`, BARS.mixedReads, warm.mixed, 'reads'),
      atMost('reads of an older generation than one before', BARS.mixedReads, warm.backwards, 'reads'),
    ],
    notes: [
      `Before a switch ${median(warm, 'warmed')} keys were loaded; it came ${rounded(median(warm, 'milliseconds'))} ms after the ` +
        'new generation was noticed (medians).',
    ],
    pictures: [picture(warm)],
    results,
  };
}

const median = ({ switches }, name) => summary(switches.map((one) => one[name])).median;

function rowOf(freshness, what, { p50, p90, p99, p999, max, samples }) {
  return [freshness, what, samples, ...[p50, p90, p99, p999, max].map(rounded)];
}

function picture({ timeline, imports, switches }) {
  const domain = [timeline[0].seconds, timeline.at(-1).seconds];
  const seconds = { field: 'seconds', type: 'quantitative', title: 'seconds', scale: { domain, nice: false } };
  return {
    name: 'switch',
    alt: 'Latencies of reads over ten generation switches: percentiles of each tenth of a second, and when generations were switched',
    spec: {
      title: {
        text: `Reads over ${switches.length} generation switches`,
        subtitle: [
          'percentiles of each 100 ms; the upright lines are the switches',
          'blue: another process imports into the store, grey: into another store',
        ],
      },
      layer: [
        {
          data: { values: imports },
          mark: { type: 'rect', opacity: 0.25, clip: true },
          encoding: {
            ...{ x: { ...seconds, field: 'from' }, x2: { field: 'to' } },
            color: {
              ...{ field: 'into', type: 'nominal', legend: null },
              scale: { domain: ['another store', 'the store'], range: ['#8c959f', '#56b4e9'] },
            },
          },
        },
        { data: { values: switches }, mark: { type: 'rule', strokeWidth: 1.5 }, encoding: { x: seconds } },
        {
          data: { values: timeline },
          mark: { type: 'line', strokeWidth: 1.5 },
          encoding: {
            x: seconds,
            y: {
              ...{ field: 'micros', type: 'quantitative', scale: { type: 'log' }, title: 'µs from due to answered' },
              axis: { values: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000] },
            },
            color: { field: 'percentile', type: 'nominal', sort: null },
          },
        },
      ],
      resolve: { scale: { color: 'independent' } },
    },
  };
}

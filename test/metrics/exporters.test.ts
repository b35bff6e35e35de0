// Goal: Prometheus and OpenTelemetry are given what store.metrics() tells, under the names that docs/metrics.md lists, and
// neither is loaded, nor does anything happen, unless it is asked for. Method: the registry's own text read back by its
// grammar; the OpenTelemetry SDK with exporters in memory; a process that lists the modules it has loaded.
// @node all: which modules are loaded

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { context, metrics as meters, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { answeredLabel, METRICS, type MetricRow, prometheusName } from '../../dist/src/metrics/metric-table.js';
import type { StoreMetrics } from '../../dist/src/metrics/store-metrics.js';
import { ROOT } from '../support/cli.js';
import { fileWith, scratch } from '../support/import-files.js';

const run = promisify(execFile);
const LINES = Array.from({ length: 500 }, (_, id) => `{"id":${id},"text":"${'x'.repeat(id % 90)}"}\n`).join('');

/** Collections whose names have to be escaped, that were read in all ways. */
async function readStore(): Promise<Store> {
  const store = await openStore(scratch(), { hotSet: false, recordCacheBytes: 1 << 20 });
  onTestFinished(() => store.close());
  for (const collection of ['records', 'a "b" \\ c']) {
    await store.import(fileWith(LINES), { collection, key: 'id', workers: 1 });
    const records = store.collection<{ id: number }>(collection);
    await records.put({ id: 1000 });
    for (const id of [1, 1, 2, 1000, 2000]) expect((await records.get(id))?.id).toBe(id === 2000 ? undefined : id);
  }
  return store;
}

/** The samples of a row, each as labels in the order of their names, with its value. */
function samplesOf(row: MetricRow, metrics: StoreMetrics): string[] {
  return row.samples!(metrics).map(([labels, value]) => sampleText(labels, value));
}

function sampleText(labels: object, value: number): string {
  return JSON.stringify([Object.entries(labels).sort(), value]);
}

/** Metrics that grow by being looked at, or by themselves. */
const MOVING = /seconds|capacity/;

describe('the registry of Prometheus', () => {
  /** Samples by name, of the text form. */
  function parse(text: string): Map<string, string[]> {
    const samples = new Map<string, string[]>();
    for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
      const [, name, , labels = '', value] = /^([a-z_]+)(\{(.*)\})? (\S+)$/.exec(line)!;
      const pairs = [...labels!.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)",?/g)];
      expect(pairs.map(([pair]) => pair).join('')).toBe(labels);
      const unescaped = pairs.map(([, key, text]) => [key, JSON.parse(`"${text}"`)]);
      samples.set(name!, [...(samples.get(name!) ?? []), sampleText(Object.fromEntries(unescaped), Number(value))]);
    }
    return samples;
  }

  test('says what metrics() says', async () => {
    const store = await readStore();
    const registry = await store.metricsRegistry();
    const parsed = parse(await registry.metrics());
    const metrics = store.metrics();
    const rows = METRICS.filter((row) => row.samples && !MOVING.test(prometheusName(row)));
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) expect.soft(parsed.get(prometheusName(row))).toEqual(samplesOf(row, metrics));
    // Not only what the table makes of it: what was done.
    const answered = (place: string, count: number) => sampleText({ collection: 'a "b" \\ c', answered: place }, count);
    expect(parsed.get('gristmill_reads_total')).toEqual(
      expect.arrayContaining([
        ...[answered('record_cache', 1), answered('disk', 1), answered('frame_cache', 1)],
        ...[answered('inline', 1), answered('absent', 1), answered('shared', 0), answered('stale', 0)],
      ]),
    );
    expect(parsed.get('gristmill_imports_total')![0]).toBe(sampleText({ outcome: 'done' }, 2));
    expect(parsed.get('gristmill_import_records_total')).toEqual([sampleText({}, 1000)]);
  });

  test('has a histogram of the reads that are timed from then on', async () => {
    const store = await readStore();
    const registry = await store.metricsRegistry();
    const before = store.metrics().collections.records!.latency.recordCache!.samples;
    for (let i = 0; i < 5000; i++) store.collection('records').getSync(1);
    const { samples } = store.metrics().collections.records!.latency.recordCache!;
    const parsed = parse(await registry.metrics());
    const labels = { collection: 'records', answered: answeredLabel('recordCache') };
    expect(samples).toBeGreaterThan(before);
    expect(parsed.get('gristmill_read_duration_seconds_count')).toContain(sampleText(labels, samples - before));
    const infinite = sampleText({ ...labels, le: '+Inf' }, samples - before);
    expect(parsed.get('gristmill_read_duration_seconds_bucket')).toContain(infinite);
  });

  test('is one, goes with those of the host, and is empty when the store is closed', async () => {
    const store = await readStore();
    const registry = await store.metricsRegistry();
    expect(await store.metricsRegistry()).toBe(registry);
    const merged = Registry.merge([new Registry(), registry]);
    expect(parse(await merged.metrics()).get('gristmill_catalog_generation')).toHaveLength(1);
    await store.close();
    expect(parse(await merged.metrics()).get('gristmill_reads_total')).toBeUndefined();
    expect(() => store.metrics()).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
  });
});

describe('OpenTelemetry', () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const spans = new InMemorySpanExporter();
  let provider: MeterProvider;
  beforeEach(() => {
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    provider = new MeterProvider({ readers: [reader] });
    meters.setGlobalMeterProvider(provider);
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  });
  afterEach(async () => {
    await provider.shutdown();
    meters.disable();
    trace.disable();
    context.disable();
    exporter.reset();
    spans.reset();
  });

  /** What was exported last, by name. */
  async function exported() {
    exporter.reset();
    await provider.forceFlush();
    const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  }

  test('is given what metrics() says, until the store is closed', async () => {
    const store = await readStore();
    await store.instrument();
    await store.instrument();
    for (let i = 0; i < 100; i++) store.collection('records').getSync(1);
    const given = await exported();
    const metrics = store.metrics();
    for (const row of METRICS) {
      const metric = given.get(row.name);
      expect.soft(metric?.descriptor, row.name).toMatchObject({ unit: row.unit, description: row.meaning });
      if (!row.samples || MOVING.test(prometheusName(row))) continue;
      const told = metric!.dataPoints.map(({ attributes, value }) => sampleText(attributes, value as number));
      expect.soft(told, row.name).toEqual(samplesOf(row, metrics));
    }
    const timed = given.get('gristmill.read.duration')!.dataPoints.map(({ value }) => (value as Histogram).count);
    expect(timed.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    await store.close();
    expect((await exported()).get('gristmill.reads')?.dataPoints ?? []).toEqual([]);
  });

  test('is given spans of imports and their stages, and of refreshes', async () => {
    const store = await openStore(scratch(), {
      hotSet: false,
      recordCacheBytes: 1 << 20,
      recordTtlMs: 1,
      staleMs: 60_000,
    });
    onTestFinished(() => store.close());
    await store.instrument();
    await store.import(fileWith(LINES), { key: 'id', workers: 1 });
    await expect(store.import(fileWith('[1,'), { collection: 'bad' })).rejects.toThrow();
    const finished = spans.getFinishedSpans();
    const stagesOf = (collection: string) => {
      const whole = finished.find(({ attributes }) => attributes['gristmill.collection'] === collection)!;
      const { spanId } = whole.spanContext();
      return { whole, stages: finished.filter((span) => span.parentSpanContext?.spanId === spanId) };
    };
    const { whole, stages } = stagesOf('records');
    expect([whole.name, whole.status.code]).toEqual(['gristmill.import', SpanStatusCode.UNSET]);
    const names = ['plan', 'scan', 'merge', 'publish'].map((stage) => `gristmill.import.${stage}`);
    expect(stages.map(({ name }) => name)).toEqual(names);
    const bad = stagesOf('bad');
    expect(bad.whole.status.code).toBe(SpanStatusCode.ERROR);
    expect(bad.whole.events).toMatchObject([{ name: 'exception' }]);
    expect(bad.stages.map(({ name }) => name)).toEqual(['gristmill.import.plan', 'gristmill.import.scan']);

    const refreshed = new Promise((resolve) => store.on('refresh', resolve));
    const records = store.collection('records');
    const reading = setInterval(() => records.getSync(1), 1);
    await refreshed;
    clearInterval(reading);
    const refresh = spans.getFinishedSpans().find(({ name }) => name === 'gristmill.refresh.record');
    expect(refresh?.attributes).toEqual({ 'gristmill.collection': 'records', 'gristmill.outcome': 'same' });
  });
});

describe('neither', () => {
  test('is loaded unless it is asked for; without an SDK nothing comes of it', async () => {
    const store = await readStore();
    const { directory } = store;
    await store.close();
    const script = `
      const { openStore } = await import(${JSON.stringify(pathToFileURL(`${ROOT}dist/src/index.js`).href)});
      const { createRequire } = await import('node:module');
      const loaded = () => {
        const names = Object.keys(createRequire(import.meta.url).cache).join();
        return ['prom-client', '@opentelemetry/api'].filter((name) => names.includes('/' + name + '/'));
      };
      const store = await openStore(process.argv[1], { readOnly: true, hotSet: false });
      store.collection('records').getSync(1);
      store.metrics();
      const before = loaded();
      await store.instrument();
      const { reads } = store.metrics().collections.records;
      const after = loaded();
      await store.close();
      console.log(JSON.stringify({ before, after, disk: reads.disk }));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, directory]);
    expect(JSON.parse(stdout)).toEqual({ before: [], after: ['@opentelemetry/api'], disk: 1 });
  });
});

test('docs/metrics.md lists every metric, and no other', () => {
  const page = readFileSync(`${ROOT}docs/metrics.md`, 'utf8');
  const listed = page.split('\n').filter((line) => line.startsWith('| `gristmill.'));
  const rows = METRICS.map((row) => {
    const labels = row.labels.map((label) => `\`${label}\``).join(', ') || '–';
    const name = `\`${row.name}\``;
    return `| ${name} | \`${prometheusName(row)}\` | ${row.type} | ${row.unit} | ${labels} | ${row.meaning} |`;
  });
  expect(listed).toEqual(rows);
});

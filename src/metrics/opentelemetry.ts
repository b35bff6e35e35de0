// The metrics of a store for OpenTelemetry, spans of its imports and refreshes, and the only file that imports the API. It
// is only an API: where the host has set up no SDK, nothing comes of any of this.

import type { Attributes, Observable, Span, Tracer } from '@opentelemetry/api';
import type { StoreEvents } from '../base/events.js';
import { loadPackage } from '../base/load.js';
import type { ImportFollower } from '../import/tasks/observer.js';
import type { OnSample } from '../lookup/cache/latency-sampler.js';
import { answeredLabel, METRICS, type MetricRow, READ_DURATION, READ_SECONDS } from './metric-table.js';
import type { StoreMetrics } from './store-metrics.js';

const SCOPE = 'gristmill';
type Api = typeof import('@opentelemetry/api');

/** What a store has to follow. */
interface Instrumented {
  /** Undefined when there are none any more. */
  metrics(): StoreMetrics | undefined;
  readonly reads: Set<OnSample>;
  readonly imports: Set<(collection: string) => ImportFollower>;
  onRefresh(listener: (event: StoreEvents['refresh']) => void): void;
}

/** Instruments a store with the meter and tracer providers that are global now. @returns what ends it */
export function instrument({ metrics, reads, imports, onRefresh }: Instrumented): () => void {
  const api = loadPackage<Api>('@opentelemetry/api');
  const meter = api.metrics.getMeter(SCOPE);
  const duration = meter.createHistogram(READ_DURATION.name, {
    ...describe(READ_DURATION),
    advice: { explicitBucketBoundaries: [...READ_SECONDS] },
  });
  reads.add((collection, answer, seconds) => duration.record(seconds, { collection, answered: answeredLabel(answer) }));
  const observed = METRICS.flatMap(({ samples, ...row }) => {
    if (samples === undefined) return [];
    const create = row.type === 'counter' ? 'createObservableCounter' : 'createObservableGauge';
    return [{ samples, instrument: meter[create](row.name, describe(row)) as Observable }];
  });
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const now = metrics();
    if (now === undefined) return;
    for (const { samples, instrument } of observed) {
      for (const [labels, value] of samples(now)) result.observe(instrument, value, labels);
    }
  };
  const instruments = observed.map(({ instrument }) => instrument);
  meter.addBatchObservableCallback(observe, instruments);
  const tracer = api.trace.getTracer(SCOPE);
  imports.add((collection) => new ImportSpans(api, tracer, collection));
  onRefresh((event) => spanOfRefresh(api, tracer, event));
  return () => meter.removeBatchObservableCallback(observe, instruments);
}

function describe({ meaning, unit }: Pick<MetricRow, 'meaning' | 'unit'>) {
  return { description: meaning, unit };
}

/** A span of an import, in whatever span it was called in, and within it one of each stage on the clock. */
class ImportSpans implements ImportFollower {
  readonly #api: Api;
  readonly #tracer: Tracer;
  readonly #whole: Span;
  #stage: Span | undefined;

  constructor(api: Api, tracer: Tracer, collection: string) {
    this.#api = api;
    this.#tracer = tracer;
    this.#whole = tracer.startSpan('gristmill.import', { attributes: { 'gristmill.collection': collection } });
  }

  enter(stage: string): void {
    const { trace, context } = this.#api;
    this.#stage?.end();
    this.#stage =
      stage === 'done'
        ? undefined
        : this.#tracer.startSpan(`gristmill.import.${stage}`, {}, trace.setSpan(context.active(), this.#whole));
  }

  end(error?: unknown): void {
    if (error !== undefined) fail(this.#api, this.#whole, error);
    this.#stage?.end();
    this.#whole.end();
  }
}

function spanOfRefresh(
  api: Api,
  tracer: Tracer,
  { collection, what, outcome, milliseconds, error }: StoreEvents['refresh'],
): void {
  const attributes: Attributes = { 'gristmill.collection': collection, 'gristmill.outcome': outcome };
  const span = tracer.startSpan(`gristmill.refresh.${what}`, { startTime: Date.now() - milliseconds, attributes });
  if (error !== undefined) fail(api, span, error);
  span.end();
}

function fail({ SpanStatusCode }: Api, span: Span, error: unknown): void {
  const exception = error instanceof Error ? error : String(error);
  span.recordException(exception);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
}

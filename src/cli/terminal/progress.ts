// How far an import, a verification, a repair or a new index is: a live bar where stderr is a terminal, a line every few seconds where it is a log.

import type { ImportProgress } from '../../base/import-report.js';
import type { ConvertProgress } from '../../upkeep/convert/options.js';
import type { IndexProgress } from '../../upkeep/indexes/options.js';
import type { SchemaProgress } from '../../upkeep/profile/options.js';
import type { RepairProgress } from '../../upkeep/repair/options.js';
import type { VerifyProgress } from '../../upkeep/verify/options.js';
import { note } from './diagnostics.js';
import { movesCursor } from './screen.js';
import { formatBytes, formatCount, formatRate, formatSeconds } from './table.js';

/** Seconds between two lines of a log. */
const LINE_SECONDS = 5;

type Progress = ImportProgress | VerifyProgress | RepairProgress | IndexProgress | ConvertProgress | SchemaProgress;

/** Shows progress until `stop`. */
interface ProgressView {
  show(progress: Progress): void;
  /** Gives the terminal back; the work has ended, well or not. */
  stop(): void;
}

/** The view that fits stderr. */
export async function progressView(quiet: boolean): Promise<ProgressView> {
  if (quiet) return { show: () => {}, stop: () => {} };
  return movesCursor(process.stderr) ? progressBar() : progressLines();
}

async function progressBar(): Promise<ProgressView> {
  // Loaded here: only a terminal needs it.
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    format: '{stage} {bar} {percentage}% | {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    stream: process.stderr,
    hideCursor: true,
    linewrap: false,
    // It would catch SIGINT; cli/shared/interrupt.ts does.
    gracefulExit: false,
  });
  let started = false;
  return {
    show(progress) {
      const payload = { stage: progress.stage.padEnd('publish'.length), text: describe(progress) };
      // A total of 0 would divide by it.
      const total = Math.max(progress.bytesTotal, 1);
      if (!started) bar.start(total, 0, payload);
      started = true;
      bar.setTotal(total);
      bar.update(progress.stage === 'done' ? total : progress.bytes, payload);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

function progressLines(): ProgressView {
  let next = LINE_SECONDS;
  return {
    show(progress) {
      if (progress.seconds < next || progress.stage === 'done') return;
      next = progress.seconds + LINE_SECONDS;
      const percent = Math.floor((100 * progress.bytes) / Math.max(progress.bytesTotal, 1));
      note(`${progress.stage} ${percent}% | ${describe(progress)}`);
    },
    stop() {},
  };
}

/** `1.2 GB of 4.0 GB | 250,000 records | 310 MB/s | 9.1 s left`. */
export function describe({ stage, bytes, bytesTotal, records, seconds }: Progress): string {
  const parts = [
    `${formatBytes(bytes)} of ${formatBytes(bytesTotal)}`,
    `${formatCount(records)} records`,
    formatRate(bytes, seconds),
  ];
  // Merging and publishing have no rate to go by, and are short beside scanning.
  const hasRate = stage === 'scan' || stage === 'verify' || stage === 'repair';
  if (hasRate && bytes > 0 && bytes < bytesTotal)
    parts.push(`${formatSeconds((seconds * (bytesTotal - bytes)) / bytes)} left`);
  return parts.join(' | ');
}

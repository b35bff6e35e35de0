// gristmill stat --watch: the state of a store, again and again, as all processes that change it leave it. On a terminal a
// table that is redrawn; elsewhere a line each time, or with --json the whole as an object a line.

import { setInterval } from 'node:timers/promises';
import type { Store, StoreStat } from '../../index.js';
import { describeHolder } from '../../store/lock/lock-holder.js';
import { escapeControls, escapeLines } from './escape.js';
import { type Output, standardOutput } from './output.js';
import { movesCursor, Screen } from './screen.js';
import { writeStdout } from './streams.js';
import { alignColumns, alignPairs, formatBytes, formatCount } from './table.js';

/** A look at the store. */
interface Look {
  /** ISO 8601 time. */
  readonly time: string;
  readonly stat: StoreStat;
}

/** How looks are shown. */
interface View {
  show(look: Look, before: Look | undefined): Promise<void>;
  close(): Promise<void>;
}

/** Shows the store again and again, until `signal`. */
export async function watchStat(
  store: Store,
  milliseconds: number,
  asJson: boolean,
  signal: AbortSignal,
): Promise<void> {
  const view = viewFor(standardOutput(), asJson);
  let before: Look | undefined;
  const show = async (): Promise<void> => {
    const look = { time: new Date().toISOString(), stat: store.stat() };
    await view.show(look, before);
    before = look;
  };
  try {
    await show();
    for await (const _ of setInterval(milliseconds, undefined, { signal })) await show();
  } catch (error) {
    // It was asked to stop.
    if (!signal.aborted) throw error;
  } finally {
    await view.close();
  }
}

function viewFor(output: Output, asJson: boolean): View {
  const close = async (): Promise<void> => {};
  if (asJson) {
    return { show: ({ time, stat }) => output.write(`${JSON.stringify({ time, ...stat })}\n`), close };
  }
  if (movesCursor(process.stdout)) {
    const screen = new Screen({
      get rows() {
        return process.stdout.rows;
      },
      write(text) {
        const written = writeStdout(text);
        written.catch(() => {}); // the next text meets the same error
        return written;
      },
    });
    return {
      show: async (look, before) => void (await screen.draw(escapeLines(watchText(look, before)))),
      close: async () => void (await screen.close()),
    };
  }
  return { show: (look, before) => output.write(watchLine(look, before)), close };
}

/** The table, for a terminal. */
export function watchText({ time, stat }: Look, before: Look | undefined): string {
  const { directory, generation, bytes, readers, writer, collections } = stat;
  const { oldest } = readers;
  const behind = oldest && `, the oldest is process ${oldest.pid}, ${formatCount(oldest.behind)} transactions behind`;
  const head = alignPairs([
    ['store', `${escapeControls(directory)}, ${time}`],
    ['publications', formatCount(generation)],
    ['writer', writer === undefined ? 'none' : escapeControls(describeHolder(writer))],
    ['readers', `${formatCount(readers.count)} slots taken${behind ?? ''}`],
    ['index', `${formatBytes(bytes.index)}, mapped in ${formatBytes(bytes.map)}`],
    ['shards', formatBytes(bytes.shards)],
  ]);
  const rows = collections.map((one) => {
    const last = before?.stat.collections.find(({ name }) => name === one.name);
    const [records = '', ...counts] = [one.records, one.dead, one.inline, one.shards].map(formatCount);
    const change = last === undefined ? '' : formatChange(one.records - last.records);
    return [escapeControls(one.name), records, change, ...counts, formatBytes(one.storedBytes), one.published];
  });
  const names = ['collection', 'records', 'change', 'dead', 'inline', 'shards', 'stored', 'published'];
  return `${head}\n${alignColumns([names, ...rows])}`;
}

/** One line, for a log. */
function watchLine({ time, stat }: Look, before: Look | undefined): string {
  const { generation, bytes, readers, writer } = stat;
  const records = total(stat);
  const change = before === undefined ? '' : formatChange(records - total(before.stat));
  const parts = [
    `publication ${formatCount(generation)}`,
    `${formatCount(records)} records${change && ` (${change})`}`,
    `${formatBytes(bytes.shards)} of shards, ${formatBytes(bytes.index)} of index`,
    `${formatCount(readers.count)} readers, ${formatCount(readers.oldest?.behind ?? 0)} behind`,
    writer === undefined ? 'no writer' : describeHolder(writer),
  ];
  return `${time} ${escapeControls(parts.join(' | '))}\n`;
}

function total({ collections }: StoreStat): number {
  return collections.reduce((sum, { records }) => sum + records, 0);
}

/** `+12`, `-3`; nothing where there is none. */
function formatChange(change: number): string {
  if (change === 0) return '';
  return `${change > 0 ? '+' : '-'}${formatCount(Math.abs(change))}`;
}

// The SIMD kernel as a `Scan`, driven as a worker drives it: windows of any size, frames taken, runs spilled, bad records
// settled by the twin. What it returns comes from what a shard and a run would hold.

import type { BadRecord, Scan, ScannedRecord } from '../../src/kernel/contract.js';
import { Event, SimdKernel } from '../../src/kernel/simd.js';

export interface SimdScanOptions {
  readonly windowBytes: number;
  readonly frameBytes: number;
  readonly heapBytes: number;
}

const DEFAULTS: SimdScanOptions = { windowBytes: 1 << 16, frameBytes: 1 << 12, heapBytes: 1 << 18 };

export function simdScan(sizes: Partial<SimdScanOptions> = {}): Scan {
  const { windowBytes, frameBytes, heapBytes } = { ...DEFAULTS, ...sizes };
  return (source, options) => {
    const kernel = new SimdKernel({ windowBytes, heapBytes }, options.depthMax);
    const { raw } = kernel;
    const lines: string[] = [];
    const keys = new Map<number, [number, string][]>();
    const bad: BadRecord[] = [];
    const takeFrame = () => {
      const { plain, records } = kernel.frame();
      const texts = Buffer.from(plain).toString('utf8').split('\n');
      if (texts.pop() !== '' || texts.length !== records) throw new Error('a frame does not hold the lines it counts');
      lines.push(...texts);
      raw.frameTaken();
    };
    const spill = () => {
      raw.sortEntries();
      for (let bytes = raw.takeRun(1 << 16); bytes > 0; bytes = raw.takeRun(1 << 16)) {
        const run = Buffer.from(kernel.bytes.slice(raw.out(), raw.out() + bytes));
        for (let at = 0; at < run.byteLength; ) {
          const ordinal = run.readUInt32LE(at + 4);
          const size = run.readUInt16LE(at + 8);
          const list = keys.get(ordinal) ?? [];
          list.push([run[at + 10] as number, run.toString('hex', at + 11, at + 10 + size)]);
          keys.set(ordinal, list);
          at += 10 + size;
        }
      }
      raw.clearEntries();
    };
    kernel.begin(options, 1, frameBytes, false);
    raw.setStop(0xffff_ffff);
    let base = -raw.pos();
    let loaded = 0;
    const fill = () => {
      const before = raw.pos();
      const { at, bytes } = kernel.makeRoom();
      base += before - raw.pos();
      const n = Math.min(bytes, source.byteLength - loaded);
      kernel.bytes.set(source.subarray(loaded, loaded + n), at);
      loaded += n;
      raw.loaded(n, loaded === source.byteLength ? 1 : 0);
    };
    let end = -1;
    scan: for (;;) {
      const event = raw.next();
      if (event === Event.MORE) fill();
      else if (event === Event.FRAME) takeFrame();
      else if (event === Event.SPILL) spill();
      else if (event === Event.END) {
        end = raw.pos() + base;
        break;
      } else if (event === Event.SUSPECT) {
        const outcome = kernel.settle(loaded === source.byteLength);
        switch (outcome.kind) {
          case 'more':
            fill();
            break;
          case 'end':
            end = outcome.next === -1 ? -1 : outcome.next + base;
            break scan;
          case 'record': {
            raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
            for (const [index, key] of outcome.record.keys) {
              if (kernel.addEntry(1, index, key)) continue;
              spill();
              kernel.addEntry(1, index, key);
            }
            const before = raw.pos();
            kernel.addLine(outcome.record.line);
            base += before - raw.pos();
            break;
          }
          case 'bad': {
            const { reason, offset, start, end: badEnd } = outcome;
            const record = raw.ordinal() + bad.length;
            bad.push({ reason, record, offset: offset + base, start: start + base, end: badEnd + base });
            if (outcome.next === -1) break scan;
            raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
          }
        }
      } else throw new Error(`unexpected event ${event}`);
    }
    takeFrame();
    spill();
    const records = lines.map((line, ordinal) => ({
      line,
      keys: (keys.get(ordinal) ?? []).sort(([left], [right]) => left - right),
    }));
    return { records: records as unknown as ScannedRecord[], bad, end };
  };
}

// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// A span of whole files, in a worker: one after another goes through the kernel, which keeps frame, ordinals and entries
// going. One file is open at a time.

import { FRAME_BYTES } from '../../base/limits.js';
import type { Blobs } from '../../store/files/blobs.js';
import { unpackFiles } from '../source/file-list.js';
import { openSource } from '../source/open.js';
import { filePathIn, type SpanFailure, type SpanFiles, type SpanOrder, type SpanResult } from '../tasks/span.js';
import { FileScan } from './scan-file.js';
import { SourceScan } from './scan-source.js';
import { SpanOutput } from './span-output.js';

/** @throws as scanSpan */
export function scanFiles(task: SpanOrder, files: SpanFiles, blobs: Blobs): SpanResult {
  const output = new SpanOutput(task, blobs);
  const { scanner } = output.kernel;
  scanner.begin({ ...task.setup.scan, framing: 'values' }, task.shard, FRAME_BYTES, false);
  const listed = unpackFiles(files.list);
  const fileRecords = new Uint32Array(2 * listed.length);
  let failure: SpanFailure | undefined;
  let progressBytes = 0;
  const scan = () => {
    for (let i = 0; i < listed.length && failure === undefined; i++) {
      output.throwIfCancelled();
      const { path, fingerprint } = listed[i]!;
      const source = files.sources?.[i];
      const [ordinal, read] = [scanner.ordinal, output.read];
      output.clock.ends('scan');
      const file = openSource(filePathIn(task.path, files, path), 'read', fingerprint);
      try {
        failure =
          source === undefined
            ? new FileScan(file, path, files, task.setup.scan.recordBytesMax, output).run()
            : new SourceScan(file, source, task.setup, output).run();
      } finally {
        file.close();
      }
      fileRecords[2 * i] = scanner.ordinal - ordinal;
      fileRecords[2 * i + 1] = output.read - read;
      const bytes = fingerprint.bytes - (files.grown?.from ?? 0);
      output.progress.add(bytes, output.read - read);
      progressBytes += bytes;
    }
  };
  return output.complete(scan, () => {
    return {
      ...{ entry: task.from, exit: task.to, ended: false, progressBytes, fileRecords },
      ...(failure && { failure }),
    };
  });
}

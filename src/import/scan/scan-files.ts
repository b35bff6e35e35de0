// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// A span of whole files, in a worker: one after another goes through the kernel, which keeps frame, ordinals and entries
// going. One file is open at a time. A file that is left out (option `onBadFile`) leaves nothing behind: if it goes wrong
// when some of it has been read, the span is scanned again without it.

import { badFileOf } from '../../base/bad-files.js';
import type { BadFile } from '../../base/import-report.js';
import { FRAME_BYTES } from '../../base/limits.js';
import type { Blobs } from '../../store/files/blobs.js';
import { openArchive, openEntry } from '../archive/entry.js';
import { DecoderNotLoaded } from '../codec/open.js';
import type { Coding } from '../format/coding.js';
import { codingIn, openPlain } from '../sequence/plain.js';
import { type ListedFile, unpackFiles } from '../source/file-list.js';
import { containerOf, documentsOf, documentsOfName } from '../source/layout.js';
import type { Fingerprint, Source } from '../source/source.js';
import {
  filePathIn,
  type LeftOut,
  type SpanFailure,
  type SpanFiles,
  type SpanOrder,
  type SpanResult,
} from '../tasks/span.js';
import { spanPaths } from '../tasks/span-paths.js';
import type { DocumentsToRead } from './document-bytes.js';
import { DocumentScan } from './document-scan.js';
import { FileScan } from './scan-file.js';
import { SourceScan } from './scan-source.js';
import { SpanOutput } from './span-output.js';

/** A file that went wrong while it was read. */
class HalfRead extends Error {
  readonly at: number;
  readonly bad: BadFile;

  constructor(at: number, bad: BadFile) {
    super(bad.message);
    this.at = at;
    this.bad = bad;
  }
}

/** @throws as scanSpan */
export function scanFiles(task: SpanOrder, files: SpanFiles, blobs: Blobs): SpanResult {
  const bad = new Map<number, BadFile>();
  for (;;) {
    const scan = new FilesScan(task, files, bad, blobs);
    try {
      return scan.run();
    } catch (error) {
      // In both cases the span is scanned again.
      const isAgain = error instanceof HalfRead || error instanceof DecoderNotLoaded;
      if (isAgain) scan.takeBack();
      if (isAgain) for (const path of Object.values(spanPaths(task.context, task.shard))) blobs.remove(path);
      if (!(error instanceof HalfRead)) throw error;
      bad.set(error.at, error.bad);
    }
  }
}

class FilesScan {
  readonly #task: SpanOrder;
  readonly #files: SpanFiles;
  readonly #listed: readonly ListedFile[];
  readonly #output: SpanOutput;
  /** Of each file the good records, and all that were read. */
  readonly #records: Uint32Array;
  /** The archive that they are in. */
  #archive: Source | undefined;
  /** By their places in the list, files that are left out. */
  readonly #bad: Map<number, BadFile>;
  #failure: SpanFailure | undefined;
  /** The first file in which a name of option `select` occurs twice. */
  #ambiguous: string | undefined;
  #progressBytes = 0;
  #recordsTold = 0;

  constructor(task: SpanOrder, files: SpanFiles, bad: Map<number, BadFile>, blobs: Blobs) {
    this.#task = task;
    this.#files = files;
    this.#bad = bad;
    this.#listed = unpackFiles(files.list);
    this.#records = new Uint32Array(2 * this.#listed.length);
    this.#output = new SpanOutput(task, blobs);
    const { scanner } = this.#output.kernel;
    scanner.begin({ ...task.setup.scan, layout: 'values' }, task.shard, FRAME_BYTES, false);
  }

  run(): SpanResult {
    const { from, to } = this.#task;
    return this.#output.complete(
      () => {
        try {
          for (let i = 0; i < this.#listed.length; i++) {
            if (this.#failure !== undefined || this.#output.isFull) break;
            this.#scanAt(i);
          }
        } finally {
          this.#archive?.close();
        }
      },
      () => {
        const badFiles = [...this.#bad].map(([at, file]) => ({ at, ...file })).sort((a, b) => a.at - b.at);
        return {
          ...{ entry: from, exit: to, ended: false, progressBytes: this.#progressBytes, fileRecords: this.#records },
          ...(this.#failure && { failure: this.#failure }),
          ...(badFiles.length > 0 && { badFiles }),
          ...(this.#ambiguous !== undefined && { ambiguous: this.#ambiguous }),
        };
      },
    );
  }

  /** Takes back what was told of the progress. */
  takeBack(): void {
    this.#output.progress.add(-this.#progressBytes, -this.#recordsTold);
  }

  #scanAt(i: number): void {
    const output = this.#output;
    output.throwIfCancelled();
    const { scanner } = output.kernel;
    const [ordinal, read] = [scanner.ordinal, output.read];
    output.clock.ends('scan');
    this.#read(i);
    this.#records[2 * i] = scanner.ordinal - ordinal;
    this.#records[2 * i + 1] = output.read - read;
    const { sourceShare = 1 } = this.#task;
    const bytes = Math.round(sourceShare * (this.#listed[i]!.fingerprint.bytes - (this.#files.grown?.from ?? 0)));
    output.progress.add(bytes, output.read - read);
    this.#progressBytes += bytes;
    this.#recordsTold += output.read - read;
  }

  /** @param found how the file turned out to be compressed or converted */
  #read(i: number, found?: Coding): void {
    if (this.#bad.has(i)) return;
    const { path, fingerprint } = this.#listed[i]!;
    const full = filePathIn(this.#task.path, this.#files, path);
    let file: Source;
    try {
      file = this.#open(i, full, fingerprint, found);
    } catch (error) {
      this.#bad.set(i, this.#badOf(error, full));
      return;
    }
    try {
      const coding = this.#codingOf(i, file);
      if (coding === undefined) {
        this.#failure = this.#scan(i, file);
        return;
      }
      found = coding;
    } catch (error) {
      throw new HalfRead(i, this.#badOf(error, full));
    } finally {
      file.close();
    }
    this.#read(i, found);
  }

  #open(i: number, full: string, expected: Fingerprint, found?: Coding): Source {
    const how = this.#task.setup.coding;
    const entry = this.#files.entries?.[i];
    if (entry === undefined) {
      return openPlain(full, { how, coding: found ?? this.#files.sources?.[i]?.coding, expected });
    }
    this.#archive ??= openArchive(this.#task);
    return openEntry(this.#archive, full, entry, how);
  }

  /** How a file is compressed or converted that was opened as a plain one. What has a plan is what its plan says. */
  #codingOf(i: number, file: Source): Coding | undefined {
    const isKnown = file.coding !== undefined || file.entry !== undefined || this.#files.sources?.[i] !== undefined;
    return isKnown ? undefined : codingIn(file, this.#task.setup.coding);
  }

  #scan(i: number, file: Source): SpanFailure | undefined {
    const { setup } = this.#task;
    const { path } = this.#listed[i]!;
    const source = this.#files.sources?.[i];
    if (source?.leftOut !== undefined) return this.#leaveOut(i, file, source.leftOut);
    if (source?.documents) {
      return this.#scanDocuments(i, file, {
        ...source.documents,
        recordLayout: source.recordLayout === 'object' ? 'object' : 'array',
        isStrict: true,
      });
    }
    if (source !== undefined) return new SourceScan(file, source, setup, this.#output).run();
    if (setup.select !== undefined) return this.#scanDocuments(i, file, this.#documentsOf(path, file));
    const scan = new FileScan(file, path, this.#files, setup.scan, this.#output);
    const failure = scan.run();
    if (!scan.isEmpty) return failure;
    const message = `${file.path} is empty; there is nothing to import.`;
    return this.#leaveOut(i, file, { reason: 'SOURCE_EMPTY', message });
  }

  /** How the documents of a file of a folder are read. Its name may say that they are lines. */
  #documentsOf(path: string, file: Source): Omit<DocumentsToRead, 'stop' | 'isOneOfMany'> {
    const { layout, isNamed } = this.#files;
    const documents = documentsOf(layout) ?? documentsOfName(file);
    return {
      ...{ from: 0, recordLayout: containerOf(layout), isStrict: false },
      ...(documents && { layout: documents }),
      ...(isNamed && { name: path }),
    };
  }

  #scanDocuments(i: number, file: Source, documents: Omit<DocumentsToRead, 'stop' | 'isOneOfMany'>) {
    const { setup } = this.#task;
    const toRead = { ...documents, stop: Number.MAX_SAFE_INTEGER, isOneOfMany: true };
    const scan = new DocumentScan(file, toRead, setup, this.#output);
    const failure = scan.run();
    if (scan.isAmbiguous) this.#ambiguous ??= file.path;
    return scan.leftOut === undefined ? failure : this.#leaveOut(i, file, scan.leftOut);
  }

  #leaveOut(i: number, { path }: Source, why: LeftOut): undefined {
    this.#bad.set(i, { file: path, ...why });
  }

  /** @throws the error, unless the file is left out for it */
  #badOf(error: unknown, path: string): BadFile {
    return badFileOf(error, path, this.#output.leavesOutBadFiles);
  }
}

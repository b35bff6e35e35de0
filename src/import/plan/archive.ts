// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Whether a source is an archive, and how that is read: zip by its directory, tar in sequence.

import { GristmillError } from '../../base/errors.js';
import type { Pause } from '../../parallel/pause.js';
import { EntryNames } from '../archive/entry-names.js';
import { beginsAsTar } from '../archive/tar-header.js';
import { beginsAsZip, endsAsZip } from '../archive/zip-directory.js';
import { Names } from '../names/names.js';
import { type Opened, sequentialFile } from '../sequence/open.js';
import type { Head } from '../source/detect.js';
import { checkEntry } from './formats.js';
import { folderLayout, type PlanOptions, type SourcePlan } from './source-plan.js';
import { planZip } from './zip.js';

const ZIP_NAME = /\.zip$/i;

/** The plan of an archive without the facts that every source has. */
type ArchivePlan = Omit<SourcePlan, 'path' | 'fingerprint' | 'bytes' | 'source' | 'relative'>;

/**
 * @returns undefined for what is no archive
 * @throws SOURCE_NOT_SUPPORTED for a zip archive that has to be read in sequence, and for no archive where one is said to be; as planZip
 */
export async function planArchive(
  opened: Omit<Opened, 'close'>,
  { bytes: head }: Head,
  options: PlanOptions,
  pause: Pause,
): Promise<ArchivePlan | undefined> {
  const { file, sequential, coding } = opened;
  const { path, fingerprint } = file;
  const { glob } = options;
  const isPlain = sequential === undefined && coding === undefined;
  const names = new EntryNames(path, new Names(options, glob), (entry) => checkEntry(path, entry, options));
  if (beginsAsTar(head)) {
    const inSequence = sequential ?? sequentialFile(path, fingerprint, options);
    return { ...folderLayout(options), archive: names, sequential: inSequence, from: 0, spans: [] };
  }
  const mayEndAsZip = isPlain && (glob !== undefined || ZIP_NAME.test(path));
  if (beginsAsZip(head) || (mayEndAsZip && endsAsZip(file))) {
    if (!isPlain) throw zipInSequence(path);
    return { ...(await planZip(file, names, options, pause)), archive: names };
  }
  if (glob === undefined) return undefined;
  const message = `${path} is neither a zip nor a tar archive, so no pattern after :: can choose entries of it. Give the file alone`;
  throw new GristmillError('SOURCE_NOT_SUPPORTED', message, { file: path });
}

function zipInSequence(path: string): GristmillError {
  const message = `${path} is a zip archive. Its directory is at its end, so it cannot be read in sequence. Save the archive to a file, without another compression, and import the file`;
  return new GristmillError('SOURCE_NOT_SUPPORTED', message, { file: path });
}

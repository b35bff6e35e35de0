// What the coordinator and a worker say to each other. Everything here is structured-cloneable; buffers are moved.

import { join } from 'node:path';
import type { BadFile, Layout } from '../../base/import-report.js';
import type { BadReasonName, BadRecord, RecordLayout, ScanOptions } from '../../kernel/contract.js';
import type { Places } from '../../keys/paths.js';
import type { Linked, ProfileImage } from '../../profile/simd/image.js';
import type { Change } from '../../store/pages/change.js';
import type { Sealed } from '../../store/seal/types.js';
import type { ImportOrigin } from '../../store/shards/origin.js';
import type { Packing } from '../../store/shards/packing.js';
import type { ShardSummary } from '../../store/shards/write.js';
import type { ChunkRun } from '../feed/chunk.js';
import type { Coding } from '../format/coding.js';
import { entryPath } from '../names/sources.js';
import type { RuleTexts } from '../rules/rules.js';
import type { CodingOptions } from '../sequence/plain.js';
import type { DocumentLayout } from '../source/layout.js';
import type { Access, EntryPlace, Fingerprint } from '../source/source.js';
import type { SpanPlace } from './span-paths.js';

/** The settings that all spans of an import share. A worker keeps its kernel until `id` changes. */
export interface ScanSetup {
  readonly id: string;
  readonly scan: Omit<ScanOptions, 'layout'>;
  /** The places of the containers that have the records of a document. Absent: the whole document. */
  readonly select?: Places;
  /** Which records are stored, and what of them. Absent: all of all. */
  readonly rules?: RuleTexts;
  /** How frames of shards are made. */
  readonly packing: Packing;
  readonly access: Access;
  readonly coding: CodingOptions;
  readonly windowBytes: number;
  readonly onBadRecord: 'fail' | 'skip' | 'quarantine';
  /** Whether the whole records of a source are kept that ends inside of one, or inside of its container. */
  readonly keepsCut: boolean;
  /** Whether files that vanish, cannot be read, or are empty are left out of spans of many files. */
  readonly leavesOutBadFiles: boolean;
  /** A span with more bad records than this stops there: the import is going to fail, or its entry was guessed wrong. */
  readonly badMax: number;
  /** Which of equal keys stays in a run. */
  readonly keep: 'last' | 'first';
  /** Whether a repeated key is an error, so that it has to be said which record of the source has it. */
  readonly namesDuplicates: boolean;
  /** Whether spans of lines are hashed, to be known again. */
  readonly hashesSpans: boolean;
  /** Whether a profile of the records is made. */
  readonly profiles?: true;
  /** Schemas that the profile of a span may prove its records valid against (scan/scan-span.ts). */
  readonly proves?: readonly string[];
  /** Whether only that is wanted: then nothing of the records is stored. */
  readonly storesNothing?: true;
  /** The shape that the records have (store/shape-types.ts). Absent: 0. */
  readonly shape?: number;
  /** The facts about the import that its shards record. */
  readonly origin: ImportOrigin;
}

/** Where the scan stands between two records, and whether a comma stands before it (layouts `array`, `object`). */
export interface Boundary {
  readonly at: number;
  readonly afterComma: boolean;
}

/**
 * One span to scan. It is plain data, and could go to any host that has the sources. The number of its shard names the
 * files that it writes (`spanPaths`).
 */
export interface SpanTask extends Sealed {
  readonly setup: ScanSetup;
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly recordLayout: RecordLayout;
  readonly from: number;
  readonly to: number;
  /** Whether this is the last span of its source: then the scan continues to the end of the container or source. */
  readonly isLast: boolean;
  /** The boundary to begin at; absent: guess one. */
  readonly entry?: Boundary;
  readonly shard: number;
  /** Number of its source among all, how many there are, and where its records begin. */
  readonly sourceNumber: number;
  readonly sources: number;
  readonly sourceFrom: number;
  /** Of a source that is read in sequence: its text from this span on, as far as it has come. */
  readonly chunks?: ChunkRun;
  /** How the source is compressed or converted, where it is and is read by position. */
  readonly coding?: Coding;
  /** Bytes of the source for a byte of text, where these are not the same. */
  readonly sourceShare?: number;
  /** In a span of documents that have their records inside, each of which is of the span that it begins in. */
  readonly documents?: Documents;
  /** In a span of many files: which they are. `path` is their folder then, and offsets count through all of them. */
  readonly files?: SpanFiles;
}

/** The documents of a file that have their records inside (option `select`). */
export interface Documents {
  /** Where the first one begins. */
  readonly from: number;
  /** How they follow one another. Absent: the file has one document, unless another one follows it. */
  readonly layout?: DocumentLayout;
}

/** How a file that is a source by itself is read. */
export interface SpanSource {
  readonly recordLayout: RecordLayout;
  /** Where its records begin. */
  readonly from: number;
  /** Whether the records are in a container that is all of the file. */
  readonly isDocument?: true;
  readonly documents?: Documents;
  readonly coding?: Coding;
  /** Set if the file has no records, and is left out for that. */
  readonly leftOut?: LeftOut;
}

/** Why a file is left out because of what is in it. The message is a sentence. */
export type LeftOut = Pick<BadFile, 'reason' | 'message'>;

/** Whole files of a folder, or whole sources, as one span. */
export interface SpanFiles {
  /** See import/source/file-list.ts. */
  readonly list: Uint8Array;
  /** Layout of all of them; absent: each is looked at. */
  readonly layout?: Layout;
  /** Whether records are named: by the path of their file. If the file may have many records, `#` and a number follow. */
  readonly isNamed: boolean;
  /** One file of lines that has grown: where the new ones begin, and how many came before. */
  readonly grown?: { readonly from: number; readonly read: number };
  /** In a batch of sources: how each of them is read. Their paths are not relative then. */
  readonly sources?: readonly SpanSource[];
  /** In an archive: where each of them lies. `path` of the span's task is the archive then. */
  readonly entries?: readonly EntryPlace[];
}

/** The path of a file of a span. @param folder the path of the span's task */
export function filePathIn(
  folder: string,
  { sources, entries }: Pick<SpanFiles, 'sources' | 'entries'>,
  path: string,
): string {
  if (entries !== undefined) return entryPath(folder, path);
  return sources === undefined ? join(folder, path) : path;
}

/** The place for the files of a worker, and the memory that it shares with the coordinator. */
export interface SpanContext extends SpanPlace {
  /** See SharedProgress. */
  readonly shared: SharedArrayBuffer;
}

/** A task as a worker gets it; with its place in a chain of spans (accept/chain.ts). */
export interface SpanOrder extends SpanTask, Linked {
  readonly context: SpanContext;
}

/** A sorted run within a span's run file, in chunks; `fences` holds the first entry of each chunk, one after another. */
export interface Run {
  readonly offset: number;
  readonly chunkBytes: Uint32Array;
  readonly fences: Uint8Array;
}

/** A bad record, or why a span could not be read to its end. Offsets are of the file. */
export interface SpanFailure {
  readonly kind: 'bad record' | 'too large' | 'truncated' | 'too many bad';
  /** Where the fault is. */
  readonly offset: number;
  readonly reason?: BadReasonName;
  /** The reason in more words. */
  readonly detail?: string | undefined;
  /** See `BadRecord`. */
  readonly violation?: BadRecord['violation'];
  /** Of a record of a source that is converted: where it is in the user's file, as far as that is known. */
  readonly converted?: ConvertedPlace;
  /** First byte of the record, and one past its last. */
  readonly start: number;
  readonly end: number;
  /** Ordinal within the span, bad records included. */
  readonly record: number;
  /** In a span of many files: which one, the record's ordinal in it, and where its records begin if the plan knows that. */
  readonly file?: {
    readonly path: string;
    readonly fingerprint: Fingerprint;
    readonly record: number;
    readonly from?: number;
    readonly coding?: Coding | undefined;
    readonly entry?: EntryPlace | undefined;
  };
}

/** The place of a bad record in a file that is converted to JSON. Without these facts, only its ordinal is known. */
export interface ConvertedPlace {
  readonly offset?: number;
  readonly line?: number;
  /** Why the converter found it bad: the end of a sentence. */
  readonly why?: string;
}

/** A file of a span that was left out. */
export interface BadFileAt extends BadFile {
  readonly at: number;
}

/** A source that ends at this byte, inside of its container or of the record that begins at `start`. */
export interface CutSource {
  readonly file: string;
  readonly offset: number;
  /** Absent: its last record is whole. */
  readonly start?: number;
}

/** Records of a span that were stored, those that lost to another one included. */
export function recordsStored({ read, rejected, filtered = 0, added = 0 }: SpanResult): number {
  return read + added - rejected - filtered;
}

/** A primary key met a second time. */
export interface Duplicate {
  readonly shard: number;
  readonly ordinal: number;
  readonly key: Uint8Array;
}

export interface SpanResult {
  /** The boundary the scan began at; NO_GUESS when none was found, and nothing was scanned. */
  readonly entry: number;
  /** The boundary at which it left its span. */
  readonly exit: number;
  /** Whether the container or the source ended: no span after this one has records. */
  readonly ended: boolean;
  readonly read: number;
  readonly rejected: number;
  /** Good records that the rules did not let pass. Absent without rules. */
  readonly filtered?: number;
  /** Records that are stored in addition to one for each record of the source. Absent without rules. */
  readonly added?: number;
  /** With `namesDuplicates`, the ordinals of these in the shard. */
  readonly addedAt?: Uint32Array;
  readonly firstRejected?: SpanFailure;
  /** With `namesDuplicates`, for each record that is not in the shard: how many of the shard came before it. */
  readonly goodBefore?: Uint32Array;
  /** Absent when there was no record. */
  readonly shard?: ShardSummary;
  readonly runs: readonly Run[];
  /** Ordinals of records that lost to another of the same run. */
  readonly losers: Uint32Array;
  readonly duplicate?: Duplicate;
  readonly failure?: SpanFailure;
  /** Of a source that is read in sequence: the scan needs more bytes than have come. Nothing of it counts. */
  readonly ranOut?: true;
  /** Of a source that is read in sequence: newlines from `entry` to `exit`. */
  readonly newlines?: number;
  /** Of the bytes from `entry` to `exit`, where it was asked for. */
  readonly hash?: string;
  /** In a span of many files: of each the good records, and all that were read. */
  readonly fileRecords?: Uint32Array;
  /** In a span of many files: those that were left out, by their place in the list. */
  readonly badFiles?: readonly BadFileAt[];
  /** Sources that end inside of a record or container, and were kept all the same. */
  readonly cut?: readonly CutSource[];
  /** The first file with a document in which a name of option `select` occurs twice in its object. */
  readonly ambiguous?: string;
  /** With `proves`, whether all records are certainly valid. */
  readonly isValid?: boolean;
  /** With `profiles`, the profile of the records, and of those of its chain that its thread scanned before. */
  readonly profile?: ProfileImage;
  /** Of bulk files: the places of deletions. */
  readonly deletions?: readonly Change[];
  /** Source bytes this scan counted as progress. */
  readonly progressBytes: number;
}

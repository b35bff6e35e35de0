// Every limit, with its reason. A limit is a promise about memory or about the format; nothing is unbounded.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Default of the largest record, in bytes: one record must fit one frame, and a frame in memory (option `recordBytesMax`). */
export const RECORD_BYTES_DEFAULT = 256 * MIB;
/** Most that option `recordBytesMax` may be: the text of a record is one string, and Node's strings end just below this. */
export const RECORD_BYTES_MAX = 512 * MIB - KIB;
/** Deepest nesting inside a record: deeper is nearly always an attack, and JSON.stringify fails soon after. */
export const DEPTH_DEFAULT = 1024;
/** Longest encoded key, in bytes: LMDB keys end at 1,978 bytes and ours carry a tree, an index and a location beside it. */
export const KEY_BYTES_MAX = 1_900;
/** Most index values one record may have, over all indexes: bounds the kernel's capture list. */
export const KEYS_PER_RECORD_MAX = 65_536;
/** Most patches of one record that are kept for the next import: of a record with more the whole record is. */
export const PATCHES_MAX = 64;
/** Most indexes of a collection, the primary one included: an index number is one byte. */
export const INDEXES_MAX = 250;
/** Most collections that one import fills: each has a workspace of its own in memory, and the list is written by hand. */
export const COLLECTIONS_PER_IMPORT_MAX = 64;
/** Most components of a composite key: more than any table has, and few enough for the kernel to go through with each record. */
export const COMPONENTS_MAX = 16;
/** Bytes of a source that are looked at to tell its layout: more than nearly every first record has. */
export const DETECTION_BYTES = MIB;
/** Bytes in which the first document of a large file is to end, if others follow it that neither name nor option announce. */
export const DOCUMENT_BYTES_LOOKED_AT = 4 * MIB;
/** Smallest and largest span by default: a span is one shard, so neither a great many files nor idle cores at the end. */
export const SPAN_BYTES_MIN = 4 * MIB;
export const SPAN_BYTES_MAX = 64 * MIB;
/** Spans of a source of medium size, about: with few of them, the other cores wait long for the one that has the last. */
export const SPANS_PER_SOURCE = 32;
/**
 * Bytes of a chunk of a source that is read in sequence: a chunk is a shard, and some of them are in memory at once. After
 * 4 GiB chunks are larger, so that there are not too many shards.
 */
export const SEQUENCE_CHUNK_BYTES = 4 * MIB;
export const SEQUENCE_CHUNK_BYTES_LATER = 8 * MIB;
export const SEQUENCE_CHUNKS_SMALL = 1024;
/** A compressed file up to this size is decoded where its text is needed: a thread would take longer to start. */
export const SMALL_COMPRESSED_BYTES_MAX = MIB;
/**
 * Compressed bytes of a part that is decoded beside others, about; a source whose members are larger than the greatest cannot
 * be cut. Of gzip that is less: most files have one member, and what is waited for is kept.
 */
export const PART_BYTES = MIB;
export const PART_MEMBER_BYTES_MAX = 8 * MIB;
export const PART_GZIP_MEMBER_BYTES_MAX = 4 * MIB;
/** Plain bytes of a part, at most: one that has more is decoded as it is scanned. */
export const PART_PLAIN_BYTES_MAX = 64 * MIB;
/**
 * Compressed bytes of a pipe or stream that are kept while the plan looks at them, so that the import can begin again. If the plan
 * needs more, the import reads on where the plan has come, with one thread.
 */
export const LOOKED_BYTES_MAX = 8 * MIB;
/** Shard numbers that an import of such a source reserves at first; then twice as many, and again. */
export const SEQUENCE_SHARDS = 16;
/** Text of a compressed source over its size, at most: JSON compresses five- to fiftyfold, a bomb a thousandfold. */
export const EXPANSION_DEFAULT = 250;
/** Memory of a decoder: windows that compressors use unless they are told otherwise are a sixteenth of it. */
export const DECODER_BYTES_DEFAULT = 128 * MIB;
/** Source bytes a worker takes in at once by default: stays in the second-level cache with the tokens made of it. */
export const WINDOW_BYTES_DEFAULT = 512 * KIB;
/** Largest window: with the largest record it still fits the lower half of a kernel's 32-bit address space. */
export const WINDOW_BYTES_MAX = 64 * MIB;
/** Plain text of a frame: compresses almost as well as larger ones and is decompressed in tens of microseconds. */
export const FRAME_BYTES = 32 * KIB;
/** Largest text of one frame: a frame is full at FRAME_BYTES, and the last record in it may be as large as records may be, with a name. */
export const FRAME_TEXT_BYTES_MAX = FRAME_BYTES + RECORD_BYTES_MAX + 64 * KIB;
/** Largest frame in a file: zstd's bound for text that it cannot compress. */
export const FRAME_STORED_BYTES_MAX = FRAME_TEXT_BYTES_MAX + FRAME_TEXT_BYTES_MAX / 256 + 64 * KIB;
/** Most records of one frame: each takes two bytes, and all but the last fit FRAME_BYTES. Twice as many, for other frames to come. */
export const FRAME_RECORDS_MAX = FRAME_BYTES;
/** Largest origin of a shard (store/shards/origin.ts): names of a megabyte in key paths, each byte escaped. */
export const ORIGIN_BYTES_MAX = 8 * MIB;
/** Bytes that repair reads in vain for the sections of one shard. A section begins with four bytes that damage rarely makes. */
export const TAIL_WASTE_BYTES_MAX = 256 * MIB;
/** Records of one shard that repair finds no import would have accepted, before it leaves the shard out: an import writes none. */
export const REFUSED_RECORDS_MAX = 65_536;
/**
 * Records that an import may quarantine, unless told otherwise: as lines of about 200 bytes they are a file that a person can
 * still search, and ten seconds of work.
 */
export const QUARANTINED_DEFAULT = 1_000_000;
/** Largest section of a shard: the one of holes has a bit for each of 2^32 ordinals. */
export const SECTION_BYTES_MAX = 512 * MIB + 64 * KIB;
/** Bytes of a file that verification and repair read at once; a larger frame is read as a whole. */
export const READ_WINDOW_BYTES = MIB;
/** Entries a worker holds before it writes them out as a sorted run; references to them take 2⅔ times as much again. */
export const ENTRY_HEAP_BYTES = 6 * MIB;
/** The same for a span of at most THREADLESS_BYTES_MAX: a heap of 6 MiB is memory to take, and to collect, at each small import. */
export const SMALL_ENTRY_HEAP_BYTES = 256 * KIB;
/** Bytes of a run between two of its fences: what a merge may have to read too much, for each run. */
export const RUN_CHUNK_BYTES = 32 * KIB;
/**
 * Sources up to this size are imported, and so much text of shards is verified and indexed, in the calling thread: a thread
 * would take four times as long (docs/decisions.md).
 */
export const THREADLESS_BYTES_MAX = 64 * KIB;
/** Bytes a worker looks at to guess where a record begins; four times as many, and again, where it finds no boundary. */
export const GUESS_BYTES = 256 * KIB;
/**
 * Sources from which an import keeps a journal, so that it can be resumed: less is imported again in a few
 * seconds, and a journal takes a twelfth of the time (docs/decisions.md). */
export const JOURNAL_BYTES_MIN = 1024 * MIB;
/** Largest journal that is read: that of a source of several terabytes. */
export const JOURNAL_READ_BYTES_MAX = 1024 * MIB;
/** Files of a folder that one span is made of, at most: what is said about each of them goes to a worker and back. */
export const SPAN_FILES_MAX = 4096;
/** Small files as arguments that have a shard each; more are batched. As many shards are what a large source makes, too. */
export const SOURCES_ALONE_MAX = 64;
/** Files left out by an import that its report names; a quarantine file names all of them. */
export const BAD_FILES_NAMED_MAX = 1_000;
/** Worker threads, at most. */
export const WORKERS_MAX = 256;
/** Most frames of one shard (64 GiB of text in frames of 32 KiB): with a shard number they make one safe integer. */
export const FRAMES_PER_SHARD_MAX = 2 ** 21;
/** Largest part of the origin of a shard that is about versions: with a longer history, the catalog alone has it. */
export const EVOLVED_BYTES_MAX = 4 * MIB;
/** Most shapes of the records of one collection: a frame table has 16 bits for their number. */
export const SHAPES_MAX = 65_535;
/** Most shards of one joined file: readers keep the tables of those they have read, about a kilobyte each. */
export const JOINED_SHARDS_MAX = 1_024;
/** Most records of one shard: the largest span is 1 GiB of source, and the shortest record takes two bytes of it. */
export const RECORDS_PER_SHARD_MAX = 2 ** 30;
/** Rows in a chunk of a source manifest: some 50 KB. */
export const SOURCE_ROWS_PER_CHUNK = 512;
/** Most pages of a tree whose keys are kept in memory for lookups (some 30 bytes each); larger trees are searched in LMDB. */
export const FENCES_MAX = 1_000_000;
/** Records of an inline shard before the next is begun: what compaction makes one file of. */
export const INLINE_RECORDS_MAX = 65_536;
/** Of transactions that are committed together: the time their callbacks take, and the text they put; one alone may take more. */
export const GROUP_MILLISECONDS_MAX = 2;
export const GROUP_BYTES_MAX = 4 * MIB;
/** Shards without a live record that wait until their entries are cleaned out of the secondary indexes; more do not wait. */
export const DEAD_SHARDS_MAX = 64;
/** Keys of a collection whose places are remembered: as many as a busy service asks for again and again. */
export const HOT_PLACES_MAX = 65_536;
/** Bytes of texts in a newer shape that are kept for a collection, so that they are not made again at each read. */
export const RESHAPED_BYTES_MAX = 8 * MIB;
/** Keys of a store's hot set, over all collections: at a frame each, ten times what is loaded of it by default. */
export const HOT_SET_KEYS_MAX = 10_000;
/** Largest file of a hot set that is read: more than its keys can take, each as long as keys may be. */
export const HOT_SET_BYTES_MAX = 64 * MIB;
/** Paths noticed by a watcher, at most, before it compares everything instead: some 10 MB of them. */
export const NOTICED_PATHS_MAX = 65_536;
/** Files taken by one round of a watcher that are remembered until its end, so that a bad one can be told from its next version. */
export const ASKED_FILES_MAX = 65_536;
/** Bad files that a watcher leaves as they are stored while others go on; the oldest is tried again when there are more. */
export const HELD_FILES_MAX = 1_024;
/** Bad files a watcher finds in one round, each time beginning anew, before it leaves the rest to the next change. */
export const HOLDS_PER_ROUND_MAX = 8;
/** Bytes of one range of a remote object: large enough that asking costs little, small enough to be in memory many times. */
export const RANGE_BYTES_DEFAULT = 8 * MIB;
/** Ranges of a remote object that are fetched at the same time, unless the caller says otherwise. */
export const RANGES_AT_ONCE_DEFAULT = 4;
/** Attempts to open a remote object: somebody waits for the answer, and nothing is lost yet. */
export const OPEN_ATTEMPTS_MAX = 4;
/** Attempts to get one range, or a whole object: with the pauses below, an outage of a minute ends no import. */
export const FETCH_ATTEMPTS_MAX = 10;
/** Longest pause before the second attempt, in milliseconds; it doubles with each attempt, up to the most. */
export const PAUSE_MS_FIRST = 250;
export const PAUSE_MS_MAX = 30_000;
/** Longest time that a server may ask us to wait (Retry-After), in milliseconds: nobody watches an import that stands still. */
export const RETRY_AFTER_MS_MAX = 300_000;
/** Time within which a server has to begin its answer, in milliseconds: some make an export first. */
export const ANSWER_MS_MAX = 60_000;
/** A connection has stalled if it gives fewer bytes than this in so many milliseconds of waiting: 1 KiB a second. */
export const STALL_MS = 30_000;
export const STALL_BYTES_MIN = 30 * KIB;
/** Redirects of one request: browsers follow twenty, curl fifty; a chain of real servers has two or three. */
export const REDIRECTS_MAX = 10;
/** Bytes of an error's text that are looked at: servers put the reason first. */
export const ERROR_TEXT_BYTES_MAX = 64 * KIB;
/** Largest page of an object listing: S3 gives a thousand keys of up to a kilobyte, each byte of which may be escaped. */
export const LISTING_PAGE_BYTES_MAX = 16 * MIB;

/**
 * Records with repeated values of a unique index that an import holds in memory until it knows which of them live. If there are
 * more, it reads the rest of the index again.
 */
export const UNIQUE_REPEATS_MAX = 1 << 22;
/** Newest entries that the audit log keeps, unless a store says otherwise: 64 MiB, if each is of one transaction. */
export const AUDIT_KEEP_DEFAULT = 250_000;
/** Entries of the audit log that are removed at once: so the entry that says so is one of many. */
export const AUDIT_PRUNE_ENTRIES = 256;
/** Most of them that one change removes, where the log is to keep fewer from now on: the change waits for it. */
export const AUDIT_PRUNE_ENTRIES_MAX = 4_096;
/** Longest reason of a change, in characters, and longest name or value that an application adds to an actor; and their number. */
export const AUDIT_WHY_MAX = 1_000;
export const AUDIT_FIELD_MAX = 256;
export const AUDIT_FIELDS_MAX = 16;
/** Sources that an entry names: the fingerprint covers all of them. */
export const AUDIT_SOURCES_NAMED = 10;
/** Changes of records that one entry lists: about 20 MiB of text. */
export const AUDIT_RECORDS_MAX = 100_000;

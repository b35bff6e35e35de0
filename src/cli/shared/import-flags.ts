// The flags of what is imported and how: those of import and of watch.

import type { Command, Option } from 'commander';
import { choice, collect, collectNames, readCount, readInteger, readRatio, readSize, renamed } from './arguments.js';

/** Adds the flags of what is imported and how, which watching has, too. */
export function withImportFlags(command: Command): Command {
  return withSourceFlags(withMergeFlags(command))
    .option('--collection <name>', 'collection to import into (default: "records")')
    .option(
      '--key <path>',
      'path of the primary key, such as id, user.id, or /0 for the first element of rows; for a composite key, give it once for each component; with several collections, users=id is the key of collection users (default: the member name with --layout object, the path of the file in a folder, else the ordinal)',
      collect,
    )
    .option(
      '--index <path>',
      'path of a secondary index, or a JSON array of the paths of a composite one; may be given several times; with several collections, users=email is for collection users',
      collect,
    )
    .option(
      '--unique-index <path>',
      'path of a secondary index in which no two records may have the same value; may be given several times; with several collections, users=email is for collection users',
      collect,
    )
    .option('--allow-empty', 'if the sources have no records, empty the collection (default: fail)')
    .addOption(
      choice(
        '--on-bad-record <what>',
        'what to do with a bad record: fail, skip it, or write it to a quarantine file in the store (default: fail)',
        ['fail', 'skip', 'quarantine'],
      ),
    )
    .addOption(
      choice(
        '--compression <how>',
        'compression of the shards; none: they hold the records as they are, until compact --recompress compresses them (default: zstd)',
        ['zstd', 'none'],
      ),
    )
    .option('--level <n>', 'zstd compression level, -7 to 19 (default: 1)', readInteger)
    .option(
      '--profile',
      'note what paths and values the records have, for gristmill schema (default: that command reads the stored records)',
    );
}

/** The flag of commands that read sources and store nothing. */
export function badRecordFlag(): Option {
  return choice('--on-bad-record <what>', 'what to do with a bad record: fail, or skip it (default: fail)', [
    'fail',
    'skip',
  ]);
}

/** Adds the flags of what sources are, and which of their records count. */
export function withSourceFlags(command: Command): Command {
  return withRuleFlags(withSpellingFlags(withCodecFlags(command)))
    .option(
      '--select <json-pointer>',
      'the array or object inside each document that contains the records; * stands for every element or member (write ~2 for a member named *); /users=users puts the records at /users into collection users, and may be given several times for several collections',
      collect,
    )
    .addOption(
      choice(
        '--layout <layout>',
        'how the records lie in the source; ndjson: a value on each line; values: values one after another; array: elements of one array; object: members of one object; elements: elements of an array without its brackets (default: see below)',
        ['ndjson', 'values', 'array', 'object', 'elements'],
      ),
    )
    .addOption(renamed('--shape <layout>', '--layout'))
    .option(
      '--include <pattern>',
      "import the files of a folder that match, such as '*.geojson'; may be given several times (default: *.json, *.ndjson, *.jsonl)",
      collect,
    )
    .option('--exclude <pattern>', 'leave out files and folders that match; may be given several times', collect)
    .addOption(
      choice(
        '--on-bad-file <what>',
        'what to do with a file that vanishes, cannot be read, or has no records (it is empty, or has nothing at --select): fail, skip it, or skip it and note it in a quarantine file (default: fail)',
        ['fail', 'skip', 'quarantine'],
      ),
    )
    .option('--max-bad <n>', 'fail if more records than this are bad', readCount)
    .option('--max-bad-ratio <share>', 'fail if more than this share of the records is bad: 0.01 or 1%', readRatio)
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .addOption(
      choice('--access <how>', 'how to read source bytes: with read calls, or through a memory map (default: read)', [
        'mmap',
        'read',
      ]),
    )
    .option('--span-bytes <size>', 'source bytes per shard (default: 4m to 64m, by the size of the source)', readSize)
    .option('--window-bytes <size>', 'source bytes in the memory of a worker at once (default: 512k)', readSize)
    .option('--max-record-bytes <size>', 'size of the largest accepted record (default: 256m)', readSize);
}

/** What becomes of records that meet others. */
function withMergeFlags(command: Command): Command {
  return command
    .addOption(
      choice(
        '--changes <what>',
        'transactions may have changed records that the import replaces; keep: apply these changes to the new records; drop: drop them; refuse: fail (default: keep; with --mode upsert or insert: drop)',
        ['keep', 'drop', 'refuse'],
      ),
    )
    .addOption(
      choice('--on-duplicate <which>', 'which of two records with the same key to keep (default: last)', [
        'last',
        'first',
        'error',
      ]),
    );
}

/** How sources are spelled, and where they may end. */
function withSpellingFlags(command: Command): Command {
  return command
    .addOption(
      choice(
        '--dialect <name>',
        'syntax of the sources; json5: comments, trailing commas, single quotes, bare names (default: json)',
        ['json', 'json5'],
      ),
    )
    .addOption(
      choice(
        '--nonfinite <what>',
        'what to do with NaN, Infinity and -Infinity: the record is bad, or they become null, or strings (default: reject)',
        ['reject', 'null', 'string'],
      ),
    )
    .addOption(
      choice(
        '--on-truncated <what>',
        'what to do with a source that ends inside its array, object or last record: fail, or keep the complete records (default: fail)',
        ['fail', 'keep'],
      ),
    );
}

/** Which records are stored, and what of them. */
function withRuleFlags(command: Command): Command {
  return command
    .option(
      '--where <condition>',
      "store only records that meet this condition: 'country=DE', 'age>=18', 'email' (has a value), '!email' (has none); also !=, <, <=, >; given several times, records must meet all conditions",
      collect,
    )
    .option('--sample <share>', 'store this share of the records, the same ones each time: 0.01 or 1%', readRatio)
    .option(
      '--transform <module>',
      'store what the default export of this module returns for each record: one, none (undefined), or several (a generator)',
    )
    .option('--pick <paths>', 'store only these members: id,user.name; may be given several times', collectNames)
    .option('--omit <paths>', 'do not store these members; may be given several times', collectNames)
    .option(
      '--validate <file>',
      'JSON Schema (2020-12) that each record has to be valid against; others are bad records',
    )
    .option('--limit <n>', 'store the first n records, and stop reading', readInteger);
}

/** How sources become JSON. */
function withCodecFlags(command: Command): Command {
  return command
    .addOption(
      choice(
        '--format <format>',
        'csv, tsv: rows with a header; bson: a dump of MongoDB; es-bulk: an Elasticsearch bulk file (default: csv, tsv or bson for files with that ending, else json)',
        ['json', 'csv', 'tsv', 'bson', 'es-bulk'],
      ),
    )
    .option(
      '--types <types>',
      'types of the cells of CSV and TSV files: auto, or price=number,active=boolean (default: all are strings)',
    )
    .addOption(
      choice(
        '--codec <name>',
        'compression of the sources (default: detected by their first bytes, brotli by the ending .br)',
        [...['none', 'gzip', 'zstd', 'bzip2', 'xz', 'lz4', 'brotli']],
      ),
    )
    .option(
      '--max-expansion <n>',
      'refuse a compressed source that becomes more than n times as large (default: 250)',
      readCount,
    )
    .option(
      '--max-decoder-memory <size>',
      'memory that the decoder of a compressed source may use (default: 128m)',
      readSize,
    );
}

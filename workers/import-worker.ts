// What runs in a worker thread: of an import the stages from map to shard, and merging; the shards of a repair, and of whatever goes
// over all records. Workers never open the index. What only reads shards has threads of its own (reading-worker.ts).

import { decodePart, type PartTask } from '../src/import/feed/decode-part.js';
import { mergeEntries } from '../src/import/merge/entries.js';
import { withTransform } from '../src/import/rules/transform.js';
import { scanSpan } from '../src/import/scan/scan-span.js';
import { withDecoders } from '../src/import/sequence/plain.js';
import type { MergeTask } from '../src/import/tasks/merge.js';
import type { SpanOrder } from '../src/import/tasks/span.js';
import { answer, answerLater } from '../src/parallel/wire.js';
import { blobsOf } from '../src/store/sealed/thread-files.js';
import type { TrialTask } from '../src/upkeep/evolve/task.js';
import { tryShard } from '../src/upkeep/evolve/try-shard.js';
import { indexShard } from '../src/upkeep/indexes/index-shard.js';
import type { IndexTask } from '../src/upkeep/indexes/task.js';
import { profileShard } from '../src/upkeep/profile/profile-shard.js';
import type { ProfileTask } from '../src/upkeep/profile/task.js';
import { salvageShard } from '../src/upkeep/salvage/shard.js';
import type { SalvageTask } from '../src/upkeep/salvage/task.js';
import { checkShard } from '../src/upkeep/schema/check-shard.js';
import type { CheckTask } from '../src/upkeep/schema/task.js';

/** Answered when all of the above is loaded. */
export const ready = () => undefined;
export const decode = (task: PartTask) => answerLater(() => withDecoders(() => decodePart(task)));
export const scan = (order: SpanOrder) => {
  const work = () => withDecoders(() => scanSpan(order, blobsOf(order)));
  return answerLater(() => withTransform(order.setup.rules?.transform, work));
};
export const merge = (task: MergeTask) => answer(() => mergeEntries(task, blobsOf(task)));
export const index = (task: IndexTask) => answer(() => indexShard(task, blobsOf(task)));
export const profile = (task: ProfileTask) => answerLater(() => profileShard(task, blobsOf(task)));
export const trial = (task: TrialTask) => answerLater(() => tryShard(task, blobsOf(task)));
export const check = (task: CheckTask) => answerLater(() => checkShard(task, blobsOf(task)));
export const salvage = (task: SalvageTask) => answer(() => salvageShard(task, blobsOf(task)));

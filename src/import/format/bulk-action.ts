// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The line of a bulk file that says what is done with which record: `{"index": {"_index": "users", "_id": "7"}}`.

export interface Action {
  readonly kind: 'index' | 'create' | 'update' | 'delete';
  readonly id: string | undefined;
  readonly index: string | undefined;
}

const KINDS: ReadonlySet<string> = new Set<Action['kind']>(['index', 'create', 'update', 'delete']);

/** Undefined if the line is no action. */
export function actionOf(line: Uint8Array): Action | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const [member, ...others] = Object.entries(value);
  if (member === undefined || others.length > 0 || !KINDS.has(member[0]) || !isObject(member[1])) return undefined;
  const { _id, _index } = member[1];
  const id = typeof _id === 'number' && Number.isSafeInteger(_id) ? String(_id) : _id;
  return {
    kind: member[0] as Action['kind'],
    id: typeof id === 'string' && id !== '' ? id : undefined,
    index: typeof _index === 'string' ? _index : undefined,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

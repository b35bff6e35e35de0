// Which of the known names somebody may have meant.

/** Of the letters of the longer name, how many may have to be changed. */
const SHARE_MAX = 0.4;

/** The name that is most like a misspelled one; undefined where none is. */
export function nearestOf(name: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = SHARE_MAX;
  for (const known of names) {
    const length = Math.max(name.length, known.length);
    // Longer than that none is like any: and what is compared stays small, whatever a caller gives.
    if (Math.abs(name.length - known.length) > SHARE_MAX * length) continue;
    const share = distance(name.toLowerCase(), known.toLowerCase()) / length;
    if (share > least || (share === least && nearest !== undefined)) continue;
    nearest = known;
    least = share;
  }
  return nearest;
}

/** Levenshtein's: letters to insert, remove or exchange. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const exchanged = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}

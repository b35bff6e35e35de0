// What an option of an import has an effect on: by it a later import knows whether it is the same one.

/**
 * The effect of an option. `records`: it decides which records a source gives, and how they are found. `import`: it decides
 * what this import stores, including its files. `nothing`: it changes nothing that is stored, only the speed, or whether the
 * import runs at all.
 */
export type Affects = 'records' | 'import' | 'nothing';

export interface Effect {
  readonly affects: Affects;
  /** Earlier versions did not have it: where it has its default, it is not in the texts that stores and journals keep. */
  readonly isLater?: boolean;
  /** Its name in earlier versions. These texts keep it. */
  readonly formerly?: string;
}

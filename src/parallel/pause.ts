// How work that takes long lets others have their turn.

/** Called between one read and the next: lets others run, and throws when the import has been cancelled. */
export type Pause = () => Promise<void>;

// Who is a process, and does it still live? A number alone does not tell: numbers come again, after a restart of the
// machine and in every container. Linux says more: which start of the machine, which namespace of process numbers, and
// when the process began.

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

interface ProcessIdentity {
  readonly pid: number;
  /** `<where its number means something>/<when it began>`; the latter is empty where the system does not tell. */
  readonly process: string;
}

/** Fields of /proc/<pid>/stat behind the name, which may hold anything: state is the third of all, counted from 1. */
const STATE = 0;
const THREADS = 17;
const START = 19;
/** Exited, but its parent has not asked yet. */
const EXITED = new Set(['Z', 'X']);

/** This process. */
export const SELF: ProcessIdentity = { pid: process.pid, process: `${placeOfSelf()}/${statOf('self')?.[START] ?? ''}` };

/** Whether that process lives; undefined when that cannot be seen from here. */
export function isRunning({ pid, process: identity }: ProcessIdentity): boolean | undefined {
  const [place, start] = split(identity);
  if (place !== split(SELF.process)[0]) return undefined;
  const stat = statOf(pid);
  if (stat !== undefined && start !== '') {
    // A thread may go on for a moment after the first one has exited.
    const hasExited = EXITED.has(stat[STATE] ?? '') && Number(stat[THREADS]) <= 1;
    return stat[START] === start && !hasExited;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // There is a process of that number: perhaps another.
  return start === '' ? undefined : true;
}

function split(identity: string): readonly [place: string, start: string] {
  const at = identity.lastIndexOf('/');
  return [identity.slice(0, at), identity.slice(at + 1)];
}

/** This start of the machine and our namespace of process numbers; elsewhere the machine's name has to do. */
function placeOfSelf(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function statOf(pid: number | 'self'): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

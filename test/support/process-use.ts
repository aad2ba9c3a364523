import { readFileSync } from 'node:fs';

/** Linux counts a process's time in hundredths of a second (proc(5), `utime` and `stime`). */
const TICKS_OF_A_SECOND = 100;

/** Seconds that a process has computed so far: unlike the time that passes, they do not depend on what else the machine does. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // behind the name, which may have spaces
  return (Number(fields[11]) + Number(fields[12])) / TICKS_OF_A_SECOND;
}

/** Memory of a process that is resident, in MB of 2^20 bytes; NaN where the kernel tells none. */
export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

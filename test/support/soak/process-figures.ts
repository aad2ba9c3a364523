import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process holds at one moment. */
export interface ProcessFigures {
  /** Memory that is resident, in MB of 2^20 bytes. */
  readonly megabytes: number;
  /** Open file descriptors, and how many of them are sockets. */
  readonly descriptors: number;
  readonly sockets: number;
}

export function figuresOf(pid: number): ProcessFigures {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((name) => target(`/proc/${pid}/fd/${name}`) ?? []);
  const sockets = links.filter((link) => link.startsWith('socket:')).length;
  return { megabytes: Number(kibibytes) / 1024, descriptors: links.length, sockets };
}

function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // closed since it was listed
  }
}

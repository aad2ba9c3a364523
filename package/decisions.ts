import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const HEAD = /^# (?<number>\d+)\. (?<title>.+)\n\nStatus: (?<status>.+), (?<date>\d{4}-\d\d-\d\d)\.\n\n/;

/** The table of docs/decisions/README.md: each record with its status and date, the newest first. */
export function decisionsTable(): string {
  const folder = join(import.meta.dirname, '../docs/decisions');
  const files = readdirSync(folder).filter((name) => /^\d/.test(name));
  const rows = files
    .toSorted()
    .reverse()
    .map((file) => {
      const { number, title, status, date } = HEAD.exec(readFileSync(join(folder, file), 'utf8'))?.groups ?? {};
      if (Number(number) !== Number.parseInt(file, 10))
        throw new Error(`docs/decisions/${file} must begin with "# NUMBER. TITLE" and "Status: decided, YYYY-MM-DD."`);
      return `| ${number} | [${title}](${file}) | ${status} | ${date} |`;
    });
  return ['| | decision | status | date |', '|---|---|---|---|', ...rows].join('\n');
}

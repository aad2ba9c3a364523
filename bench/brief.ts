import { writeSection } from './write-section.ts';

/** The sections of docs/benchmarks.md: which section of the report each is of, and which of its tables. */
const BRIEFS = [
  ['start', 'One spec', [0]],
  ['items', '1 to 10,000 items', [-1]],
  ['chains', '1,000 specs', [0]],
  ['packages', '1,000 packages', [0]],
  ['crossplane', 'Crossplane', [0, 1]],
] as const;

/** Writes the tables that users want into docs/benchmarks.md. */
export function writeBriefs(report: string): void {
  const sections = report.split(/^## /m);
  for (const [name, title, wanted] of BRIEFS) {
    const tables = sections.find((text) => text.startsWith(title))?.match(/(?:^\|.+\n)+/gm) ?? [];
    const measured = tables.filter((table) => !table.startsWith('| figure |'));
    const text = wanted.map((at) => measured.at(at)?.trim()).join('\n\n');
    writeSection('docs/benchmarks.md', [`<!-- generated: ${name} -->`, `<!-- end of generated: ${name} -->`], text);
  }
}

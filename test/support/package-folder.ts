import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** A folder of files for the commands for people. */
export interface PackageFolder {
  readonly path: string;
  /** Writes a file; folders come by themselves. */
  write(name: string, text: string): void;
  /** Every file, by its path in the folder. */
  read(): Record<string, string>;
  remove(): void;
}

export function packageFolder(files: Readonly<Record<string, string>> = {}, parent = tmpdir()): PackageFolder {
  const path = mkdtempSync(join(parent, 'files-'));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { path, write, read: () => readFiles(path), remove: () => rmSync(path, { recursive: true }) };
}

function readFiles(folder: string): Record<string, string> {
  return Object.fromEntries(filesIn(folder).map((file) => [relative(folder, file), readFileSync(file, 'utf8')]));
}

/** Links are not followed. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const at = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(at) : entry.isFile() ? [at] : [];
  });
}

/** An STSAssumeRoleToken as a document. */
export function specDocument(name = 'deployer', { namespace = 'team-a', role = 'deployer' } = {}): string {
  return `apiVersion: generators.external-secrets.io/v1alpha1
kind: STSAssumeRoleToken
metadata: {name: ${name}, namespace: ${namespace}} # kept
spec: {region: eu-west-1, role: 'arn:aws:iam::123456789012:role/${role}'}
`;
}

import { type Finding, messageOf } from '../../function/findings/finding.ts';
import { readRepository } from '../../function/repository/repository.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const input = (name: string) =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: ${name}}\n`;
export const kptfile = (step: string) =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline: {mutators: [{exec: function-sts-assume-role${step}}]}\n`;
export const exec = (name: string) =>
  `  annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}\n  name: ${name}\n`;

/** The runs in these files: folder, host, options and generators of each; and what is said. */
export function runsIn(files: Record<string, string>, ...paths: readonly string[]) {
  using folder = temporaryFolder(files);
  const shown = (text: string) => text.replaceAll(folder.path, 'DIR');
  const said = (one: Finding) =>
    shown(one.location ? `${Object.values(one.location).join(':')}: ${messageOf(one)}` : messageOf(one));
  const { runs, findings } = readRepository(
    paths.length === 0 ? [folder.path] : paths.map((path) => `${folder.path}/${path}`),
  );
  return {
    runs: runs.map(({ folder: at, host, functionConfig, items, findings: faults }) =>
      [
        shown(at),
        host,
        functionConfig?.object?.name ?? '-',
        items.flatMap(({ kind, object }) => (kind === 'Kptfile' ? [] : [object?.name])).join(' '),
        ...faults.map(said),
      ].join(' | '),
    ),
    findings: findings.map((one) => `${one.code}: ${said(one)}`),
  };
}

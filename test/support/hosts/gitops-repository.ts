import { ci } from '../accounts.ts';
import type { Role } from '../sts/start-sts.ts';
import { generator } from './manifests.ts';

const ACCOUNTS = 12;
const HUB = 'arn:aws:iam::111111111111:role/hub';
/** The external ID that every spoke wants. */
const EXTERNAL_ID = 'platform';

/** What a repository of many packages has: how many of them, and how many generators in each. */
interface Size {
  readonly packages?: number;
  readonly generatorsOf?: (index: number) => number;
}

/**
 * A GitOps repository as platform teams keep them: thirty packages of kpt, kustomize and plain files, 46 generators in twelve accounts
 * behind one hub, three Inputs, a script and a workflow that render it, a Helm chart, and files that are none of our business.
 */
export function gitopsRepository({ packages = 30, generatorsOf = (index) => (index < 16 ? 2 : 1) }: Size = {}) {
  const files: Record<string, string> = { ...OTHERS };
  for (let index = 0; index < packages; index += 1) {
    const team = `team-${index % 5}`;
    const names = Array.from({ length: generatorsOf(index) }, (_, number) =>
      number === 0 ? 'deployer' : `audit-${number}`,
    );
    const specs = names.map((name, number) => spec(name, team, accountOf(index + number)));
    Object.assign(files, LAYOUTS[index % LAYOUTS.length]?.(`${team}/app-${index}`, specs, names, index));
  }
  return files;
}

/** The roles of that repository, for an STS. */
export const repositoryRoles: readonly Role[] = Array.from({ length: ACCOUNTS }, (_, index) =>
  accountOf(index),
).flatMap((account) => [{ arn: roleOf(account), trust: [{ principals: [ci.arn, HUB], externalID: EXTERNAL_ID }] }]);

/** The account of a package's generator, one of twelve. */
function accountOf(index: number): string {
  return String(200000000000 + (index % ACCOUNTS) * 11111111);
}

function roleOf(account: string): string {
  return `arn:aws:iam::${account}:role/gitops`;
}

function spec(name: string, namespace: string, account: string): string {
  const requestParameters = { externalID: EXTERNAL_ID };
  return generator({ name, namespace, labels: { tier: 'prod' }, roleArn: roleOf(account), requestParameters });
}

/** Options of a package: everything labelled \`prod\` goes through the hub. */
const INPUT = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Input
metadata:
  name: options
  annotations:
    config.kubernetes.io/local-config: "true"
sessions:
- match:
    labels:
      tier: prod
  via:
  - ${HUB}
`;

type Layout = (
  folder: string,
  specs: readonly string[],
  names: readonly string[],
  index: number,
) => Record<string, string>;

/** The three ways in which packages are rendered. The first three packages of kpt have an Input. */
const LAYOUTS: readonly Layout[] = [
  (folder, specs, _, index) => {
    const hasInput = index < 9;
    const step = hasInput ? '\n    configPath: options.yaml' : '';
    return {
      [`${folder}/Kptfile`]: `apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: app-${index}
pipeline:
  mutators:
  - exec: function-sts-assume-role${step}
`,
      ...(hasInput ? { [`${folder}/options.yaml`]: INPUT } : {}),
      [`${folder}/aws.yaml`]: specs.join('---\n'),
    };
  },
  (folder, specs, names) => ({
    [`${folder}/kustomization.yaml`]: `generators:\n${names.map((name) => `- ${name}.yaml\n`).join('')}`,
    ...Object.fromEntries(names.map((name, index) => [`${folder}/${name}.yaml`, asFunction(specs[index] ?? '')])),
  }),
  (folder, specs) => ({
    [`${folder}/aws.yaml`]: specs.join('---\n').replaceAll('name: ', `name: ${folder.replace('/', '-')}-`),
  }),
];

/** A generator that kustomize starts this function for. */
function asFunction(text: string): string {
  const annotation =
    '  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: function-sts-assume-role\n';
  return text.replace('  labels:\n', `${annotation}  labels:\n`);
}

const OTHERS: Readonly<Record<string, string>> = {
  'render.sh': `#!/bin/sh
set -e
kpt fn render team-0/app-0 --allow-exec
kustomize build --enable-alpha-plugins --enable-exec team-1/app-1
`,
  'chart/templates/secret.yaml': `{{- if .Values.enabled }}
apiVersion: v1
kind: Secret
metadata: { name: {{ include "chart.name" . }} }
{{- end }}
`,
  'docs/logo.png': '\u0000\u0001\u0002',
  'apps/web.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n',
};

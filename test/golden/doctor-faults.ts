import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Severity } from '../../function/findings/codes.ts';
import { GOOD_SPEC, generatorDocument, generatorManifest, SPEC } from '../support/manifests.ts';
import { CLEAN_ENVIRONMENT, type Ended, EXECUTABLE, ROOT, runFunction } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A folder in which `doctor` finds something, and the same mended, in which it finds nothing. */
export interface DoctorFault {
  readonly code: string;
  /** Default: that of the code. */
  readonly severity?: Severity;
  readonly files: Readonly<Record<string, string>>;
  /** In place of files of the same name; `undefined`: without it. */
  readonly mended?: Readonly<Record<string, string | undefined>>;
  /** `DIR` is the folder. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly mendedEnvironment?: Readonly<Record<string, string>>;
  /** An executable at this path in the folder, of this mode. */
  readonly executable?: readonly [path: string, mode: number];
  readonly mendedExecutable?: readonly [path: string, mode: number];
  /** Each kustomization of the repository counts, another team's too. */
  readonly isOfAll?: true;
  /** Of what is found; default: 1. */
  readonly count?: number;
  /** Further arguments. */
  readonly behind?: readonly string[];
}

const EXEC = 'config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"';
const LOCAL = 'config.kubernetes.io/local-config: "true"';
const HASH = 'kustomize.config.k8s.io/needs-hash: "true"';
const PLUGIN = 'generators.external-secrets.io/v1alpha1/stsassumeroletoken/STSAssumeRoleToken';

function spec(annotations = '', more = ''): string {
  return generatorDocument(`${GOOD_SPEC}${more}`, { metadata: `namespace: team-a, annotations: {${annotations}}` });
}

function kptfile(mutator = 'exec: function-sts-assume-role', more = ''): string {
  return `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\npipeline:\n  mutators:\n  - {${mutator}}\n${more}`;
}

function selecting(items: string): string {
  return kptfile(`exec: function-sts-assume-role, ${items}`);
}

function configMap(options: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argo}\ndata: {kustomize.buildOptions: "${options}"}\n`;
}

const KEYS =
  ', auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: a}, secretAccessKeySecretRef: {name: keys, key: b}}}';
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: team-a}\ndata: {a: QQ==, b: QQ==}\n';
export const INPUT = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options, annotations: {${EXEC}}}\n`;
const SET = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argo}
spec:
  generators: [{git: {repoURL: a, directories: [{path: "*"}]}}]
  template: {spec: {source: {repoURL: a, path: "{{.path.path}}"}}}
`;
export const GENERATORS = { 'app/kustomization.yaml': 'generators: [spec.yaml]\n', 'app/spec.yaml': spec(EXEC) };
const TRANSFORMERS = {
  'kustomization.yaml': 'resources: [spec.yaml]\ntransformers: [options.yaml]\n',
  'options.yaml': INPUT,
  'spec.yaml': spec(),
};
const IN_A_LINE = JSON.stringify(
  generatorManifest(SPEC, {
    name: 'deployer',
    namespace: 'team-a',
    annotations: { 'config.kubernetes.io/function': 'exec: {path: function-sts-assume-role}' },
  }),
);
const WITH_BASE = TRANSFORMERS['kustomization.yaml'].replace('[spec', '[base, spec');
const WITH_JOB = TRANSFORMERS['kustomization.yaml'].replace('spec.yaml', 'spec.yaml, job.yaml');
const JOB = `apiVersion: batch/v1
kind: Job
metadata: {name: deploy, namespace: team-a}
spec: {template: {spec: {containers: [{name: deploy, image: example.org/deploy, envFrom: [{prefix: K_, secretRef: {name: deployer}}]}]}}}
`;
const CONSUMER =
  'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: app, namespace: team-a}\nspec: {target: {name: app}, dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, name: deployer}}}]}\n';
const IN_NAMESPACE = `namespace: team-b\n${TRANSFORMERS['kustomization.yaml']}`;
/** A ClusterGenerator and who names it. */
const SHARED = `${CONSUMER.replace('kind: STSAssumeRoleToken', 'kind: ClusterGenerator')}---
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata: {name: deployer}
spec: {kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {${GOOD_SPEC}}}}
`;
const TEMPLATED = (template: string) =>
  CONSUMER.replace('target: {name: app}', `target: {name: app, template: {${template}}}`);
const JOB_OF_KEY = (key: string) =>
  JOB.replace(
    'envFrom: [{prefix: K_, secretRef: {name: deployer}}]',
    `env: [{name: A, valueFrom: {secretKeyRef: {name: deployer, ${key}}}}]`,
  );
/** A Job whose variables of AWS have these keys of the Secret. */
const WITH_KEYS = (...keys: readonly string[]) => {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  const variables = keys.map(
    (key, at) => `{name: ${names[at]}, valueFrom: {secretKeyRef: {name: deployer, key: ${key}}}}`,
  );
  return JOB.replace('envFrom: [{prefix: K_, secretRef: {name: deployer}}]', `env: [${variables.join(', ')}]`);
};
const PROVIDER = (key: string) =>
  `apiVersion: aws.upbound.io/v1beta1\nkind: ProviderConfig\nmetadata: {name: default}\nspec: {credentials: {source: Secret, secretRef: {namespace: team-a, name: deployer, key: ${key}}}}\n`;
const POD = (volume: string, pull: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: team-a}\nspec:\n  imagePullSecrets: [{name: ${pull}}]\n  volumes: [{name: keys, secret: {secretName: ${volume}}}]\n`;
/** A Deployment that reads the Secret, of a template with this annotation. */
const DEPLOYED = (annotation: string, mount: string, env = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: team-a}
spec:
  template:
    metadata: {annotations: {${annotation}}}
    spec:
      containers: [{name: web, image: example.org/web, volumeMounts: [{name: keys, mountPath: /keys${mount}}]${env}}]
      volumes: [{name: keys, projected: {sources: [{secret: {name: deployer}}]}}]
`;
export const PIPEFAIL = 'bash, -euo, pipefail, -c';
export const RENEWING = (schedule: string, shell: string, more = '') => `apiVersion: batch/v1
kind: CronJob
metadata: {name: renew, namespace: team-a}
spec:
  schedule: "${schedule}"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - {name: renew, image: example.org/renew, command: [${shell}], args: ["function-sts-assume-role render /a | kubectl apply --server-side -f -"]}
${more}`;
/** It hands in the earlier Secret. */
export const FETCHING = (schedule: string, output = 'yaml', name = 'deployer') =>
  RENEWING(schedule, PIPEFAIL)
    .replace('["function', `["kubectl get secret ${name} --output ${output} --ignore-not-found >/a/b.yaml\\nfunction`)
    .replace('name: renew,', `name: renew-${name}-${schedule.replace(/\W+/g, '')}-${output.slice(0, 4)},`);
const FETCHING_IN = (namespace: string) =>
  FETCHING('*/10 * * * *').replace('--output yaml', `--output yaml -n ${namespace}`);
const RESUMED =
  'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: renew, namespace: team-a}\nspec: {suspend: false}\n';
export const LASTING = (seconds: string, name = 'deployer') =>
  spec(LOCAL, `, requestParameters: {sessionDuration: ${seconds}}`).replace('name: deployer', `name: ${name}`);
/** Behind a CronJob's container. */
const MOUNTING = '          volumes: [{name: packed, configMap: {name: packed}}]\n';
const AGE_KEY = `AGE-SECRET-KEY-1${'QPZRY9X8GF'.repeat(5)}`;
const RECIPIENTS = [
  'age12s4aexuc9wtlwet204uqjgwwrmt3fhghjcz380u4mr8ysmchpc6stdwjw4',
  'age1n3flk9jh4rkv6yjktzeclzhf0x2x4jndug3rggpud0etkdgd3d4qljm47y',
] as const;
const ENCRYPTING = (recipients: string) =>
  `${INPUT}sessions: [{secrets: [{encrypt: {sops: {age: [${recipients}]}}}]}]\n`;
const LOGIN = spec(LOCAL).replace('STSAssumeRoleToken', 'ECRAuthorizationToken').replace('deployer', 'login');
const PUSH = (kind: string, name: string) =>
  `apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: push, namespace: team-a}\nspec: {selector: {generatorRef: {kind: ${kind}, name: ${name}}}}\n`;
const CERTIFICATE =
  'apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web, namespace: team-a}\nspec: {secretName: deployers}\n';
export const PACKAGE = { Kptfile: kptfile(), 'spec.yaml': spec(LOCAL) };
/** The last step of a package. */
const moving = (namespace: string, before = '') =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\npipeline:\n  mutators:\n${before}  - {image: "ghcr.io/kptdev/krm-functions-catalog/set-namespace:v0.4.1", configMap: {namespace: ${namespace}}}\n`;
const BEFORE = '  - exec: function-sts-assume-role\n';
/** kpt reads hidden files too, and refuses a package with one that holds no object. */
const NO_OBJECTS = { '.krmignore': '.github\n.policy.yaml\n' };
const STEPLESS = 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\n';
const OVERLAY = { 'prod/kustomization.yaml': 'resources: [../app]\n', ...GENERATORS };
const APPLICATION =
  'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: app, namespace: argo}\nspec: {sourceHydrator: {drySource: {path: app}}}\n';
const BUILDS =
  'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: app, namespace: argo}\nspec: {sources: [{chart: a}, {path: prod}]}\n';
const CMP = `apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: {name: app}\nspec: {generate: {command: [function-sts-assume-role, render, .]}}\n`;
const FLUX =
  'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux}\nspec: {path: ./app}\n';
const FUNCTION = `apiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata: {name: credentials}\nspec:\n  package: example.org/function-sts-assume-role:v1\n  runtimeConfigRef: {name: credentials}\n`;
const ROLE = 'eks.amazonaws.com/role-arn: "arn:aws:iam::111111111111:role/crossplane"';
const runtime = (account: string, args = '') => `apiVersion: pkg.crossplane.io/v1beta1
kind: DeploymentRuntimeConfig
metadata: {name: credentials}
spec:
  serviceAccountTemplate: {metadata: {${account}annotations: {${ROLE}}}}
  deploymentTemplate:
    spec:
      selector: {}
      template:
        spec:
          containers: [{name: package-runtime, args: [${args}], volumeMounts: [{name: policy, mountPath: /etc/}]}]
          volumes: [{name: policy, configMap: {name: policy}}]
`;
const GUARDED = runtime('name: credentials, ', '--policy, /etc/policy.yaml, --require-policy');
/** A patch of a runtime's arguments. */
const ADDING = (args: string) =>
  `- {op: add, path: /spec/deploymentTemplate/spec/template/spec/containers/0/args, value: [${args}]}\n`;
/** A server in a cluster, with one thing wrong about its runtime. */
const runtimeWith = (text: string, wrong: string): Omit<DoctorFault, 'code'> => ({
  files: { 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED.replace(text, wrong) },
  mended: { 'runtime.yaml': GUARDED },
});
/** A server whose Policy is in a ConfigMap that kustomize makes. */
const mapped = (entry: string, more = '') => ({
  'function.yaml': FUNCTION,
  'runtime.yaml': GUARDED,
  'policy.yaml': POLICY,
  'kustomization.yaml': `resources: [function.yaml, runtime.yaml]\n${more}configMapGenerator: [{${entry}}]\n`,
});
const SERVER = { 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED };
const KEPT = 'options: {disableNameSuffixHash: true}';
const CONFIG_MAP = (namespace: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: policy, namespace: ${namespace}}\ndata:\n  policy.yaml: |\n${POLICY.replaceAll(/^(?=.)/gm, '    ')}`;
const FOR_NAMESPACE = (names: string) =>
  CONFIG_MAP('crossplane-system').replace(
    'regions:',
    `namespaces: [${names}], session: {tags: {run: "\${env.RUN}"}}, regions:`,
  );
const READ_NAMESPACES = (verbs: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: crossplane-read-namespaces, labels: {rbac.crossplane.io/aggregate-to-crossplane: "true"}}
rules: [{apiGroups: [""], resources: [namespaces], verbs: [${verbs}]}]
`;
const ACCOUNT = (annotation: string) =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ci, namespace: team-a, annotations: {${annotation}}}\n`;
const COMPOSITION = `apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {name: app}
spec: {pipeline: [{step: generators, functionRef: {name: other}}, {step: keys, functionRef: {name: wrong}, input: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input}}]}
`;
const CONFIGURATION = (name: string) =>
  `apiVersion: meta.pkg.crossplane.io/v1\nkind: Configuration\nmetadata: {name: app}\nspec: {dependsOn: [{function: example.org/${name}, version: v1}]}\n`;
/** What lets a server make tokens of a ServiceAccount, and a step that asks for them. */
const MAKING_TOKENS = (names: string, subject: string) => ({
  'function.yaml': FUNCTION,
  'runtime.yaml': GUARDED,
  'map.yaml': CONFIG_MAP('crossplane-system').replace(
    'regions:',
    'serviceAccounts: [deployer], audiences: ["*"], regions:',
  ),
  'step.yaml': stepWith('').replace("/${composite}'}", "/a', auth: {jwt: {serviceAccountRef: {name: deployer}}}}"),
  'read.yaml': READ_NAMESPACES('get, list, watch'),
  'rights.yaml': `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: tokens, namespace: team-a}
rules: [{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [${names}], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tokens, namespace: team-a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: tokens}
subjects: [{kind: ServiceAccount, ${subject}}]
`,
});
const ACCOUNT_OF_STEP = ACCOUNT(ROLE).replace('name: ci', 'name: deployer');
const OF_SERVER = 'name: credentials, namespace: crossplane-system';
const BASE_WITH_TRANSFORMER = {
  'base/kustomization.yaml': TRANSFORMERS['kustomization.yaml'],
  'base/options.yaml': INPUT,
  'base/spec.yaml': spec(),
};
const PATCHING_ROLE =
  'patches: [{target: {kind: STSAssumeRoleToken, name: deployer}, patch: "- {op: replace, path: /spec/region, value: eu-west-2}"}]\n';
const RENAMED_KEYS = {
  'base/kustomization.yaml': 'resources: [spec.yaml, keys.yaml]\n',
  'base/spec.yaml': spec('', KEYS),
  'base/keys.yaml': SECRET,
  'app/kustomization.yaml': 'resources: [../base]\nnamePrefix: p-\ntransformers: [options.yaml]\n',
  'app/options.yaml': INPUT,
};
const CI = { CI: 'true' };
const POLICY =
  'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{roles: ["arn:aws:iam::123456789012:role/*"], regions: [eu-west-1]}]\n';

/** The example's CronJob, with which nothing is wrong. */
const EXAMPLE = join(ROOT, 'examples/gitops/cron-job');
export const CRON_JOB: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(EXAMPLE)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [name, readFileSync(join(EXAMPLE, name), 'utf8')]),
);
/** A slip in it, and what is no slip beside it. */
const slip = (
  from: string | RegExp,
  to: string,
  mended: DoctorFault['mended'] = {},
  file = 'cron-job.yaml',
): DoctorFault => ({
  code: 'RUNTIME_INCOMPLETE',
  files: { ...CRON_JOB, [file]: CRON_JOB[file]?.replace(from, to) ?? '' },
  mended: { [file]: CRON_JOB[file], ...mended },
});
const changed = (from: string | RegExp, to: string, file = 'cron-job.yaml') => ({
  [file]: CRON_JOB[file]?.replace(from, to),
});
/** The Input of a pod, in its ConfigMap. */
export const WITH_INPUT = (identity: string) => ({
  ...changed('  - deployer.yaml', '  - deployer.yaml\n  - options.yaml', 'kustomization.yaml'),
  'options.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options}\nsessions: [{identity: ${identity}}]\n`,
});

/** A composite, and its namespace. */
const COMPOSITE = (name: string, more = '') =>
  `apiVersion: example.org/v1\nkind: Workspace\nmetadata: {name: ${name}, namespace: team-a}\nspec: {account: "123456789012"${more}}\n`;
const COMPOSED_NAMESPACE = (labels: string) =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a, labels: {${labels}}}\n`;
const FOR_WORKSPACES = (text: string) =>
  text.replace('spec:\n', 'spec:\n  compositeTypeRef: {apiVersion: example.org/v1, kind: Workspace}\n');
const DEFINITION = (kind: string) =>
  `apiVersion: apiextensions.crossplane.io/v2\nkind: CompositeResourceDefinition\nmetadata: {name: workspaces.example.org}\nspec: {group: example.org, names: {kind: ${kind}}}\n`;

/** A step whose Input takes values from the composite and its namespace. */
const stepWith = (more: string) => `apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {name: app}
spec:
  pipeline:
  - step: keys
    functionRef: {name: credentials}
    input:
      apiVersion: sts.fn.crossplane.io/v1beta1
      kind: Input
      ttl: 60s
      vars:
        account: {type: accountID, namespaceLabel: example.org/account}
        region: {type: region, fromFieldPath: spec.region}
      generators:
      - apiVersion: generators.external-secrets.io/v1alpha1
        kind: STSAssumeRoleToken
        metadata: {name: deployer}
        spec: {region: '\${region}', role: 'arn:aws:iam::\${account}:role/\${composite}'}
      ${more}
`;
/** A composite's field fills in the account, of those that `allow` has. */
const chosen = (account: string) =>
  stepWith(`allow: [{roles: ["arn:aws:iam::${account}:role/*"]}]`).replace(
    'namespaceLabel: example.org/account',
    'fromFieldPath: spec.account',
  );
/** A composite's field fills in the name of the role, of those that `allow` has. */
const named = (name: string) =>
  stepWith(`allow: [{roles: ["arn:aws:iam::123456789012:role/${name}"]}]`)
    .replace(
      '{type: region, fromFieldPath: spec.region}',
      '{type: region, fromFieldPath: spec.region}\n        role: {type: roleName, fromFieldPath: spec.role}',
    )
    .replace('${composite}', '${role}');
/** A step that the Policy refuses, and what it does not refuse. */
const refused = (grant: string, wrong: string, right: string, other = right): DoctorFault => ({
  code: 'NOT_GRANTED',
  environment: { STS_FUNCTION_POLICY: 'DIR/.policy.yaml' },
  files: { '.policy.yaml': POLICY.replace(/\[.*\]/, `[{${grant}}]`), 'composition.yaml': wrong },
  mended: { 'composition.yaml': right, 'other.yaml': other.replace('name: app', 'name: other') },
});
/** A step with a role of one name, in any account. */
const ADMIN = (more: string) => stepWith(more).replace('role/${composite}', 'role/admin');
/** A step without variables. */
const FIXED = stepWith('allow: [{roles: ["arn:aws:iam::123456789012:role/deployer"]}]')
  .replaceAll(
    /\$\{(?:account|composite|region)\}/g,
    (name) => ({ '${account}': '123456789012', '${composite}': 'deployer' })[name] ?? 'eu-west-1',
  )
  .replace(/vars:[\s\S]*?(?=generators:)/, '');
/** A step of another generator, whose Secret has such a name. */
const ANOTHER_STEP = (secret: string) =>
  FIXED.slice(FIXED.indexOf('  - step:'))
    .replace('step: keys', 'step: more')
    .replace('      generators:', `      sessions: [{secrets: [{name: ${secret}}]}]\n      generators:`)
    .replace('name: deployer}', 'name: another}');
/** The same with a token of a ServiceAccount. */
const WITH_ACCOUNT = (granted: string) =>
  FIXED.replace('role/deployer"]}', `role/deployer"], serviceAccounts: [${granted}], audiences: ["*"]}`).replace(
    "/deployer'}",
    "/deployer', auth: {jwt: {serviceAccountRef: {name: deployer}}}}",
  );
/** A first step whose ExternalSecret writes both keys and this into a file of its Secret. */
const consuming = (text: string, name = 'deployer') => {
  const template = `data: {file: '{{ .access_key_id }} {{ .secret_access_key }} ${text}'}`;
  const manifest = parse(
    TEMPLATED(template).replace('name: deployer', `name: ${name}`).replace(', namespace: team-a', ''),
  );
  return FIXED.replace('allow:', `- ${JSON.stringify(manifest)}\n      allow:`);
};
/** The same step behind that of another function. */
const afterAnother = (composition: string) =>
  composition.replace('pipeline:', 'pipeline:\n  - {step: others, functionRef: {name: other}}');
const BARE_STEP =
  '  - {step: more, functionRef: {name: credentials}, input: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input}}\n';
const withPolicy = (path: string, run = 'make') =>
  `on: push\njobs: {render: {steps: [{run: ${run}${BASH}, env: {STS_FUNCTION_POLICY: "${path}"}}]}}\n`;
const MFA = 'requestParameters: {serialNumber: "arn:aws:iam::123456789012:mfa/a", tokenCode: "123456"}}';
const GITHUB = INPUT.replace('}}', '}}\nsessions: [{identity: {github: {}}}]');
const workflow = (permissions: string) =>
  `on: push\n${permissions}jobs: {render: {steps: [{run: "kpt fn render --allow-exec"}]}}\n`;
const streaming = (run: string) =>
  `on: push\nenv: {STS_FUNCTION_OUTPUT: stream}\njobs: {render: {steps: [{run: "${run}", shell: bash}, {env: {STS_FUNCTION_OUTPUT: files}, run: "kpt fn render --allow-exec"}]}}\n`;
const rendering = (run: string, on = 'push', more = '') =>
  `on: ${on}\njobs: {render: {steps: [{run: ${run}${more}}]}}\n`;
const PIPED = 'function-sts-assume-role render | kubectl apply --server-side -f -';
const BASH = ', shell: bash';
const SCHEDULED = (...schedules: readonly string[]) =>
  `{push: {}, schedule: [${schedules.map((schedule) => `{cron: "${schedule}"}`).join(', ')}]}`;
/** A job that renders on some events. */
const onlyIf = (condition: string) =>
  rendering(PIPED, SCHEDULED('*/10 * * * *'), BASH).replace('{render: {', `{render: {if: "${condition}", `);
const onlyFor = (condition: string) =>
  rendering(PIPED, 'push', BASH).replace('{render: {', `{render: {if: "${condition}", `);
const IN_CONFIG_MAP = (manifest: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: manifests, namespace: team-a}\ndata: {deployer.yaml: '${manifest}'}\n`;
const READING_ENV = JOB_OF_KEY('key: AWS_ACCESS_KEY_ID').replace(', namespace: team-a', '');
/** A kustomization with the base and a generator of its own. */
const overlay = (name: string, more: string) => ({
  [`${name}/kustomization.yaml`]: `namespace: team-${name}\nresources: [../base]\ngenerators: [sts.yaml]\n`,
  [`${name}/sts.yaml`]: `${INPUT}generators: [${JSON.stringify(generatorManifest(SPEC, { name: 'deployer', namespace: `team-${name}` }))}]\n${more}`,
});
/** An Input whose Secrets have the names of their generators. */
const NAMING =
  '{"apiVersion": "sts.fn.crossplane.io/v1beta1", "kind": "Input", "metadata": {"name": "options"}, "sessions": [{"secrets": [{"name": "${name}-a"}]}]}';
const PACKED = {
  'packed/kustomization.yaml': 'configMapGenerator: [{name: manifests, files: [spec.yaml, options.yaml]}]\n',
  ...{ 'packed/spec.yaml': spec(), 'packed/options.yaml': NAMING },
};
const SEALED = (name: string) =>
  `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: ${name}, namespace: team-a}\nspec: {encryptedData: {a: AgBy}}\n`;
const STORED = (target: string) =>
  `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: stored, namespace: team-a}\nspec: {secretStoreRef: {name: vault}, ${target}, dataFrom: [{extract: {key: a}}]}\n`;
const WIDE = '{roles: ["arn:aws:iam::*:role/*"]}';
const NARROW = '{namespaces: [team-a], roles: ["arn:aws:iam::123456789012:role/deploy*"], plaintext: refuse}';
const GRANTING = (...grants: readonly string[]) => POLICY.replace(/\[\{.*/, `[${grants.join(', ')}]`);
const APPLIED = 'function-sts-assume-role render app | kubectl apply --server-side -f -';
const LENIENT = ', continue-on-error: true';
/** The same with kustomize, and with kpt behind another filter, beside a package and a kustomization that start the function. */
const STARTING = {
  ...GENERATORS,
  'package/Kptfile': kptfile(),
  'package/spec.yaml': spec(LOCAL).replace('name: deployer', 'name: other'),
};
const BUILT = 'kustomize build --enable-alpha-plugins --enable-exec app';
const RENDERED = 'kpt fn render package --allow-exec -o unwrap';
const TO_CLUSTER = '| kubectl apply --server-side -f -';
const script = (...lines: readonly string[]) => JSON.stringify(`${lines.join('\n')}\n`);
const inJob = (...lines: readonly string[]) => rendering(script(...lines), 'push', BASH);
const KEEPING = (action: string, path: string) =>
  `on: push\njobs: {a: {steps: [{run: ${script('function-sts-assume-role render app >"$RUNNER_TEMP/out/made.yaml"')}${BASH}}, {uses: actions/${action}, with: {path: ${JSON.stringify(path)}}}]}}\n`;
const UPLOADING = (run: string, path: string) =>
  `on: push\njobs: {a: {steps: [{run: ${script(run)}${BASH}}, {uses: actions/upload-artifact@v4, with: {path: ${path}}}]}}\n`;
const IDENTIFIED = (identity: string) => ({
  ...PACKAGE,
  '.krmignore': '.gitlab-ci.yml\n',
  Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
  'options.yaml': `${INPUT}sessions: [{identity: {${identity}, role: "arn:aws:iam::111111111111:role/ci"}}]\n`,
});
const WITH_TOKEN = (name: string) =>
  `apply: {id_tokens: {${name}: {aud: sts.amazonaws.com}}, script: ["function-sts-assume-role render | kubectl apply --server-side -f -"]}\n`;
const ENCRYPTED = `encrypt: {sops: {age: [${RECIPIENTS[0]}]}}`;
const MORE_KEYS = 'apiVersion: v1\nkind: Secret\nmetadata: {name: more}\ndata: ';
const inAction = (run: string) => `runs: {using: composite, steps: [{run: ${script(run)}, shell: bash}]}\n`;
/** Two jobs, of which the first has a Policy. */
const guarded = (env: string, run: string) =>
  `on: push\njobs: {plan: {env: {STS_FUNCTION_POLICY: "\${{ vars.POLICY }}"}, steps: [{run: make}]}, apply: {steps: [{run: ${script(run)}${env}${BASH}}]}}\n`;
const JOB_FILE = '.github/workflows/ci.yaml';
const BUILDING = 'kustomize build --enable-alpha-plugins --enable-exec';
const RELEASE = (values: string) =>
  `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: app, namespace: team-a}\nspec: {valuesFrom: [${values}]}\n`;
const SUBSTITUTING = (variables: string) =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: team-a}\nspec: {path: other, postBuild: {substituteFrom: [${variables}]}}\n`;
const PATCHING = (name: string) =>
  `generators: [spec.yaml]\npatches: [{target: {kind: Secret, name: ${name}}, patch: "- {op: add, path: /metadata/labels, value: {a: b}}"}]\n`;
const REPLACING = (name: string) =>
  `resources: [spec.yaml, values.yaml]\ntransformers: [options.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: values, fieldPath: data.region}\n  targets: [{select: {kind: STSAssumeRoleToken, name: ${name}}, fieldPaths: [spec.region]}]\n`;
const VALUES =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values, namespace: team-a}\ndata: {region: eu-west-1}\n';
const plugin = (args: string) =>
  `apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: {name: app}\nspec: {generate: {command: [sh, -c], args: ["${args}"]}}\n`;
const MADE_SECRET = `apiVersion: v1
kind: Secret
metadata: {name: deployer, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}}
data: {AWS_ACCESS_KEY_ID: QQ==}
`;

/** By the names that test/evidence/doctor.md has. */
export const DOCTOR_FAULTS: Readonly<Record<string, DoctorFault>> = {
  'kustomize without --enable-exec': {
    code: 'FUNCTION_NOT_STARTED',
    files: {
      ...GENERATORS,
      'ci/build.sh': 'set -e\nkustomize build \\\n  --enable-alpha-plugins app | kubectl apply --server-side -f -\n',
    },
    mended: { 'ci/build.sh': 'kustomize build --enable-alpha-plugins --enable-exec app\n# kustomize build app\n' },
  },
  'kustomize without --enable-exec, of an overlay, in a workflow': {
    code: 'FUNCTION_NOT_STARTED',
    files: {
      ...OVERLAY,
      '.github/workflows/ci.yaml': 'jobs: {a: {steps: [{run: "kustomize build --enable-alpha-plugins prod"}]}}\n',
    },
    mended: {
      '.github/workflows/ci.yaml':
        'jobs: {a: {steps: [{run: "kustomize build --enable-alpha-plugins --enable-exec prod | kubectl apply --server-side -f -", shell: bash}]}}\n',
    },
  },
  'kubectl kustomize of an exec function': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, '.gitlab-ci.yml': 'build: {script: ["kubectl kustomize --enable-alpha-plugins app"]}\n' },
    mended: { 'app/spec.yaml': spec() },
    environment: { KUSTOMIZE_PLUGIN_HOME: 'DIR/plugins' },
    executable: [`plugins/${PLUGIN}`, 0o755],
  },
  'kustomize without --enable-exec, of a generator in a line': {
    code: 'FUNCTION_NOT_STARTED',
    files: {
      'kustomization.yaml': `generators: ['${IN_A_LINE}']\n`,
      'build.sh': 'kustomize build --enable-alpha-plugins .\n',
    },
    mended: { 'build.sh': 'kustomize build --enable-alpha-plugins --enable-exec .\n' },
  },
  'kpt fn render without --allow-exec': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...PACKAGE, Makefile: 'render:\n\tkpt fn render . -o unwrap\n' },
    mended: { Makefile: 'render:\n\tkpt fn render . --allow-exec -o unwrap\n' },
  },
  'kustomize without --enable-exec, of a folder in a variable': {
    isOfAll: true,
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, Makefile: 'build:\n\t@kustomize build --enable-alpha-plugins $(DIR)\n' },
    mended: { Makefile: 'build:\n\t@kustomize build --enable-alpha-plugins --enable-exec $(DIR)\n' },
  },
  'a folder that is not known': {
    code: 'COMMAND_NOT_UNDERSTOOD',
    files: {
      ...GENERATORS,
      'other/kustomization.yaml': 'resources: []\n',
      'build.sh': 'kustomize build --enable-alpha-plugins "$1"\n',
    },
    mended: { 'build.sh': 'kustomize build --enable-alpha-plugins --enable-exec "$1"\n' },
  },
  'flags in a variable': {
    code: 'COMMAND_NOT_UNDERSTOOD',
    files: { ...GENERATORS, Makefile: 'build:\n\tkustomize build $(FLAGS) app\n' },
    mended: { Makefile: 'build:\n\tkustomize build $(FLAGS) --enable-exec app\n' },
  },
  'a command behind another': {
    code: 'COMMAND_NOT_UNDERSTOOD',
    files: { ...PACKAGE, 'render.sh': 'cd app && kpt fn render\n' },
    mended: { 'render.sh': 'cd app && kpt fn render --allow-exec\n' },
  },
  'many commands that are not understood': {
    code: 'COMMAND_NOT_UNDERSTOOD',
    files: {
      ...PACKAGE,
      'render.sh': 'cd a && kpt fn render\nfor p in *; do kpt fn render $p; done\n',
    },
    mended: { 'render.sh': 'cd a && kpt fn render --allow-exec\nfor p in *; do kpt fn render $p --allow-exec; done\n' },
  },
  'a function that is not on PATH': {
    code: 'FUNCTION_NOT_FOUND',
    files: PACKAGE,
    environment: { PATH: '/nonexistent' },
    mendedEnvironment: { PATH: 'DIR/bin' },
    mendedExecutable: ['bin/function-sts-assume-role', 0o755],
  },
  'a Kptfile with a slip of the pen': {
    code: 'FUNCTION_NOT_FOUND',
    files: { ...PACKAGE, Kptfile: kptfile('exec: function-sts-assume-rol') },
    mended: PACKAGE,
  },
  'an annotation with a slip of the pen': {
    code: 'FUNCTION_NOT_FOUND',
    files: { ...GENERATORS, 'app/spec.yaml': spec(EXEC.replaceAll('-assume-', '_assume_')) },
    mended: GENERATORS,
  },
  'a workflow without a token': {
    code: 'PERMISSION_ABSENT',
    files: {
      ...PACKAGE,
      Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
      'options.yaml': GITHUB,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': workflow('permissions: {contents: read}\n'),
    },
    mended: { '.github/workflows/ci.yaml': workflow('permissions: {contents: read, id-token: write}\n') },
  },
  'a workflow in a folder that GitHub does not read': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...PACKAGE, ...NO_OBJECTS, '.github/workflow/ci.yaml': inJob(PIPED) },
    mended: { '.github/workflow/ci.yaml': undefined, '.github/workflows/ci.yaml': inJob(PIPED) },
  },
  'a job that no ref fits': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...PACKAGE, ...NO_OBJECTS, '.github/workflows/ci.yaml': onlyFor("github.ref == 'main'") },
    mended: { '.github/workflows/ci.yaml': onlyFor("github.ref == 'refs/heads/main' && github.event_name == 'push'") },
  },
  'a job for an event that does not start its workflow': {
    code: 'FUNCTION_NOT_STARTED',
    files: {
      ...PACKAGE,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': onlyFor("${{ github.event_name == 'schedule' }}"),
    },
    mended: { '.github/workflows/ci.yaml': onlyFor("github.event_name != 'schedule' || github.ref == 'main'") },
  },
  'a workflow that tells of a pipe where kpt writes files': {
    code: 'PLAINTEXT',
    files: { ...PACKAGE, ...NO_OBJECTS, '.github/workflows/ci.yaml': streaming('kpt fn render --allow-exec') },
    mended: { '.github/workflows/ci.yaml': streaming(`${RENDERED} | kubectl diff -f -`) },
  },
  'a job that prints credentials with tee': {
    code: 'JOB_UNSAFE',
    files: {
      ...PACKAGE,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': rendering('function-sts-assume-role render | tee log', 'push', BASH),
    },
    mended: { '.github/workflows/ci.yaml': rendering('function-sts-assume-role render --placeholder | tee log') },
  },
  'a job that prints credentials, for nothing takes them': {
    code: 'JOB_UNSAFE',
    files: {
      ...PACKAGE,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': rendering('function-sts-assume-role render || exit 3', 'push', BASH),
    },
    mended: {
      '.github/workflows/ci.yaml': rendering(
        '"K=$(function-sts-assume-role render)\nif true; then\n  function-sts-assume-role render\n}> a"',
        'push',
        BASH,
      ),
    },
  },
  'a job with credentials for pull requests of strangers': {
    code: 'JOB_UNSAFE',
    files: {
      ...PACKAGE,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': rendering(PIPED, '{pull_request_target: {branches: [main]}}', BASH),
    },
    mended: { '.github/workflows/ci.yaml': rendering(PIPED, '[push, pull_request]', BASH) },
  },
  'a pipe of a job, without bash': {
    code: 'JOB_UNSAFE',
    files: { ...PACKAGE, ...NO_OBJECTS, '.github/workflows/ci.yaml': rendering(PIPED) },
    mended: {
      '.github/workflows/ci.yaml': `defaults: {run: {shell: bash}}\n${rendering(`"${PIPED}\\necho '|' || true"`)}`,
    },
  },
  'a pipe of a CronJob': {
    code: 'JOB_UNSAFE',
    files: { ...PACKAGE, 'renew.yaml': RENEWING('*/10 * * * *', 'sh, -c') },
    mended: { 'renew.yaml': RENEWING('*/10 * * * *', 'bash, -euo, pipefail, -c') },
  },
  'a pipe of a job with kustomize or kpt, without bash': {
    code: 'JOB_UNSAFE',
    count: 2,
    files: {
      ...STARTING,
      [JOB_FILE]: rendering(script(`${BUILT} |`, ` kubectl apply --server-side -f -`, `${RENDERED} ${TO_CLUSTER}`)),
    },
    mended: {
      [JOB_FILE]: inJob(`${BUILT} ${TO_CLUSTER}`, `${RENDERED} ${TO_CLUSTER}`),
      '.github/workflows/other.yaml': rendering(
        script(`${BUILDING} other ${TO_CLUSTER}`, 'kpt fn render package --allow-exec | cat'),
      ),
    },
  },
  'a job that prints what kustomize builds with tee': {
    code: 'JOB_UNSAFE',
    files: { ...STARTING, [JOB_FILE]: inJob(`${BUILT} | tee /dev/stderr ${TO_CLUSTER}`) },
    mended: { [JOB_FILE]: inJob(`STS_FUNCTION_MODE=placeholder ${BUILT} | tee out`) },
  },
  'a job that copies credentials into a file on their way': {
    code: 'PLAINTEXT',
    files: { ...STARTING, [JOB_FILE]: inJob(`${BUILT} | tee out ${TO_CLUSTER}`) },
    mended: { [JOB_FILE]: inJob(`${BUILT} ${TO_CLUSTER}`) },
  },
  'a job that prints what kustomize builds': {
    code: 'JOB_UNSAFE',
    files: { ...STARTING, [JOB_FILE]: inJob(BUILT) },
    mended: {
      [JOB_FILE]: inJob(`${BUILT} ${TO_CLUSTER}`, `kubectl apply --server-side -f <(${BUILT})`, `{ ${BUILT}; } | cat`),
    },
  },
  'a job that prints credentials with echo': {
    code: 'JOB_UNSAFE',
    files: { ...STARTING, [JOB_FILE]: inJob('echo "$(function-sts-assume-role render app)"') },
    mended: { [JOB_FILE]: inJob('made="$(function-sts-assume-role render app)"') },
  },
  'a job whose shell tells of each command': {
    code: 'JOB_UNSAFE',
    files: { ...STARTING, [JOB_FILE]: inJob('set -eux', 'made=$(function-sts-assume-role render app)') },
    mended: { [JOB_FILE]: inJob('set -eu', 'made=$(function-sts-assume-role render app)') },
  },
  'a job in which kubectl tells what it applies': {
    code: 'JOB_UNSAFE',
    files: { ...STARTING, [JOB_FILE]: inJob(`${BUILT} ${TO_CLUSTER} -o yaml`, `${BUILT} ${TO_CLUSTER} -v=9`) },
    mended: { [JOB_FILE]: inJob(`${BUILT} ${TO_CLUSTER} -o name`, `${BUILT} ${TO_CLUSTER} -v=1`) },
  },
  'a job that keeps a package which is rendered in place': {
    code: 'PLAINTEXT',
    count: 2,
    files: {
      ...STARTING,
      [JOB_FILE]: UPLOADING('kpt fn render package --allow-exec', 'package'),
      '.github/workflows/own.yaml': UPLOADING('function-sts-assume-role render -i app', 'app'),
    },
    mended: {
      [JOB_FILE]: UPLOADING('kpt fn render package --allow-exec', 'app'),
      '.github/workflows/own.yaml': UPLOADING(PIPED.replace('render', 'render app'), 'app'),
    },
  },
  'a job that puts credentials into git': {
    code: 'PLAINTEXT',
    count: 2,
    files: {
      ...STARTING,
      [JOB_FILE]: inJob('kpt fn render package --allow-exec', 'git add --all && git commit -m render'),
      '.github/workflows/own.yaml': inJob('function-sts-assume-role render app >app/secrets.yaml', 'git add app'),
      '.github/workflows/action.yaml': `on: push\njobs: {a: {steps: [{run: "function-sts-assume-role render -i app"}, {uses: stefanzweifel/git-auto-commit-action@v5}]}}\n`,
    },
    mended: {
      [JOB_FILE]: inJob('git add -A', 'git commit -m before', 'kpt fn render package --allow-exec', 'git add docs'),
      '.github/workflows/own.yaml': inJob(PIPED, 'git add app'),
      '.github/workflows/action.yaml': `on: push\njobs: {a: {steps: [{uses: stefanzweifel/git-auto-commit-action@v5}, {run: "function-sts-assume-role render -i app"}]}}\n`,
    },
  },
  'a script that puts credentials into git': {
    code: 'PLAINTEXT',
    count: 2,
    files: {
      ...STARTING,
      'ci/a.sh': `${BUILT} >rendered/secrets.yaml\ngit add rendered\ngit push\n`,
      'ci/b.sh': 'function-sts-assume-role render -i .\ngit add -A\n',
      'ci/c.sh': 'kpt fn render package --allow-exec -o unwrap >all.yaml; git add ./all.yaml\n',
    },
    mended: { '.gitignore': 'secret_*.yaml\nrendered/\n/all.yaml\n' },
  },
  'a job that puts credentials into git, of which an Input encrypts some': {
    code: 'PLAINTEXT',
    files: {
      'app/Kptfile': kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
      'app/spec.yaml': spec(LOCAL),
      'app/options.yaml': `${INPUT}sessions: [{secrets: [{${ENCRYPTED}}, {name: more}]}]\n`,
      [JOB_FILE]: inJob('kpt fn render app --allow-exec', 'git add --all'),
    },
    mended: { 'app/options.yaml': `${INPUT}sessions: [{secrets: [{${ENCRYPTED}}, {name: more, ${ENCRYPTED}}]}]\n` },
  },
  'a job that puts credentials into git, where an Input encrypts those of one generator': {
    code: 'PLAINTEXT',
    files: {
      'app/Kptfile': kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
      'app/spec.yaml': spec(LOCAL),
      'app/more.yaml': spec(LOCAL).replace('name: deployer', 'name: more'),
      'app/options.yaml': `${INPUT}sessions: [{match: {names: [deployer]}, secrets: [{${ENCRYPTED}}]}]\n`,
      [JOB_FILE]: inJob('kpt fn render app --allow-exec', 'git add --all'),
    },
    mended: {
      'app/options.yaml': `${INPUT}sessions: [{match: {names: [deployer, more]}, secrets: [{${ENCRYPTED}}]}]\n`,
    },
  },
  'a job that hands credentials to later steps': {
    code: 'PLAINTEXT',
    count: 2,
    files: {
      ...GENERATORS,
      [JOB_FILE]: inJob('echo "made=$(function-sts-assume-role render app | base64 -w0)" >>"$GITHUB_OUTPUT"'),
      '.github/workflows/summary.yaml': inJob('function-sts-assume-role render app >>${GITHUB_STEP_SUMMARY}'),
    },
    mended: {
      [JOB_FILE]: inJob('echo "made=$(function-sts-assume-role render app | wc -l)" >/dev/null'),
      '.github/workflows/summary.yaml': inJob('function-sts-assume-role plan -o markdown app >>$GITHUB_STEP_SUMMARY'),
    },
  },
  'a job that applies what --placeholder makes': {
    code: 'JOB_UNSAFE',
    files: { ...GENERATORS, [JOB_FILE]: rendering(PIPED.replace('render', 'render --placeholder app'), 'push', BASH) },
    mended: {
      [JOB_FILE]: inJob('kind create cluster', PIPED.replace('render', 'render --placeholder app')),
      '.github/workflows/diff.yaml': inJob('function-sts-assume-role render --placeholder app | kubectl diff -f -'),
    },
  },
  'a script and a Makefile that go on when a run fails': {
    code: 'JOB_UNSAFE',
    count: 2,
    files: { ...GENERATORS, 'deploy.sh': `${BUILT} ${TO_CLUSTER}\n`, Makefile: `deploy:\n\t${BUILT} ${TO_CLUSTER}\n` },
    mended: {
      'deploy.sh': `set -euo pipefail\n${BUILT} ${TO_CLUSTER}\n`,
      'print.sh': `${BUILT}\n`,
      Makefile: `SHELL = bash\n.SHELLFLAGS = -o pipefail -c\ndeploy:\n\t${BUILT} ${TO_CLUSTER}\n`,
    },
  },
  'scripts that show credentials': {
    code: 'JOB_UNSAFE',
    count: 3,
    files: {
      ...GENERATORS,
      'a.sh': `set -o pipefail\n${BUILT} ${TO_CLUSTER} -o yaml\n`,
      'b.sh': `set -o pipefail\n${BUILT} | kubectl apply -f -\n`,
      'c.sh': `set -x\nmade=$(${BUILT})\n`,
    },
    mended: {
      'a.sh': `set -o pipefail\n${BUILT} ${TO_CLUSTER}\n`,
      'b.sh': `set -o pipefail\n${BUILT} | kubectl diff -f -\n`,
      'c.sh': `made=$(${BUILT})\n`,
    },
  },
  'a job of GitLab whose trace shows variables': {
    code: 'JOB_UNSAFE',
    files: {
      ...GENERATORS,
      '.gitlab-ci.yml': `variables: {CI_DEBUG_TRACE: "true"}\na: {script: ["${PIPED}"]}\n`,
    },
    mended: { '.gitlab-ci.yml': `variables: {CI_DEBUG_TRACE: "false"}\na: {script: ["${PIPED}"]}\n` },
  },
  'a job of GitLab that keeps credentials': {
    code: 'PLAINTEXT',
    count: 2,
    files: {
      ...GENERATORS,
      '.gitlab-ci.yml':
        '.base: {artifacts: {paths: [out/]}}\napply: {extends: .base, script: ["mkdir out", [function-sts-assume-role render app >out/a.yaml]]}\nother: {cache: [{paths: [b]}], script: function-sts-assume-role render app >b/a.yaml}\nall: {artifacts: {untracked: true}, script: function-sts-assume-role render app >a.yaml}\nreport: {artifacts: {reports: {dotenv: a.env}}, script: function-sts-assume-role render app >a.env}\n',
    },
    mended: {
      '.gitlab-ci.yml': `.base: {script: ["function-sts-assume-role render app"]}\napply: {artifacts: {paths: [out/]}, script: ["${PIPED}"]}\n`,
    },
  },
  'jobs of GitLab that are not safe': {
    code: 'JOB_UNSAFE',
    count: 3,
    files: {
      ...GENERATORS,
      '.gitlab-ci.yml': `variables: {STS_FUNCTION_MODE: mint}\na: {script: [function-sts-assume-role render app]}\nb: {allow_failure: true, script: ["${PIPED}"]}\nc: {variables: {STS_FUNCTION_MODE: plan}, script: ["${PIPED}"]}\n`,
    },
    mended: {
      '.gitlab-ci.yml': `default: {before_script: [export STS_FUNCTION_MODE=plan]}\na: {script: [function-sts-assume-role render app]}\nb: {variables: {STS_FUNCTION_MODE: mint}, script: ["${PIPED}"]}\n`,
    },
  },
  'a job of GitLab without the token of an Input': {
    code: 'PERMISSION_ABSENT',
    files: { ...IDENTIFIED('tokenEnv: AWS_TOKEN'), '.gitlab-ci.yml': WITH_TOKEN('AWS_TOKN') },
    mended: {
      '.gitlab-ci.yml': `default: {id_tokens: {AWS_TOKEN: {aud: sts.amazonaws.com}}}\n${WITH_TOKEN('AWS_TOKEN').replace(/id_tokens: .*?}}, /, '')}`,
    },
  },
  'a job of GitLab that wants a token of GitHub': {
    code: 'PERMISSION_ABSENT',
    files: { ...IDENTIFIED('github: {}'), '.gitlab-ci.yml': WITH_TOKEN('AWS_TOKEN') },
    mended: { ...IDENTIFIED('tokenEnv: AWS_TOKEN') },
  },
  'a Policy of GitLab whose path is not absolute': {
    code: 'SETTING_INVALID',
    files: {
      ...GENERATORS,
      '.gitlab-ci.yml': `variables: {STS_FUNCTION_POLICY: .policy.yaml}\na: {script: ["${PIPED}"]}\n`,
      '.policy.yaml': POLICY,
    },
    mended: {
      '.gitlab-ci.yml': `variables: {STS_FUNCTION_POLICY: $CI_PROJECT_DIR/.policy.yaml}\na: {script: ["${PIPED}"]}\n`,
    },
  },
  'a job that applies credentials from the client': {
    code: 'JOB_UNSAFE',
    files: { ...STARTING, [JOB_FILE]: inJob(`${RENDERED} |`, '  grep -v a |', '  kubectl apply -f -') },
    mended: {
      [JOB_FILE]: inJob(
        `${RENDERED} | kubectl apply --server-side=true -f -`,
        `${BUILT} | kubectl apply "\${args[@]}" -f -`,
        `${BUILT} | kubectl apply $EXTRA -f -`,
        `${BUILT} | kubectl apply --dry-run=server -f -`,
        `${BUILT} ${TO_CLUSTER} && kubectl apply -f other.yaml`,
        `cat <<EOF |`,
        `${BUILT} | kubectl apply -f -`,
        'EOF',
        'kubectl apply -f -',
      ),
    },
  },
  'a CronJob that applies credentials from the client': {
    code: 'JOB_UNSAFE',
    files: {
      ...PACKAGE,
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace(' --server-side', ' --server-side=false'),
    },
    mended: { 'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL) },
  },
  'a CronJob that hides that its apply failed': {
    code: 'JOB_UNSAFE',
    files: { ...PACKAGE, 'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace('-f -"', '-f - || true"') },
    mended: { 'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace('-f -"', '-f - || exit 3"') },
  },
  'a CronJob that creates Secrets': {
    code: 'JOB_UNSAFE',
    files: { ...PACKAGE, 'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace('apply --server-side', 'create') },
    mended: {
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace(
        'apply --server-side',
        'create --dry-run=client -o json -f - | kubectl apply --server-side',
      ),
    },
  },
  'a job that creates Secrets': {
    code: 'JOB_UNSAFE',
    files: { ...STARTING, [JOB_FILE]: inJob(`${BUILT} | kubectl create -n a -f -`) },
    mended: {
      [JOB_FILE]: inJob(`${BUILT} | kubectl create -f - || kubectl apply --server-side -f other.yaml`),
      '.github/workflows/b.yaml': inJob('kubectl delete secret deployer', `${BUILT} | kubectl create -f -`),
      '.github/workflows/c.yaml': inJob('kind create cluster', `${BUILT} | kubectl create -f -`),
      'first.sh': `set -o pipefail\n${BUILT} | kubectl create -f -\n`,
    },
  },
  'a CronJob that tries Secrets out': {
    code: 'JOB_UNSAFE',
    files: {
      ...PACKAGE,
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace('--server-side', '--server-side --dry-run=server'),
    },
    mended: {
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace('--server-side', '--server-side --dry-run=none'),
    },
  },
  'a job that applies placeholders': {
    code: 'JOB_UNSAFE',
    count: 2,
    files: {
      ...STARTING,
      [JOB_FILE]: `env: {STS_FUNCTION_MODE: placeholder}\n${inJob(`${BUILT} ${TO_CLUSTER}`)}`,
      'renew.yaml': RENEWING('*/10 * * * *', `${PIPEFAIL}`).replace(
        'image:',
        'env: [{name: STS_FUNCTION_MODE, value: plan}], image:',
      ),
    },
    mended: {
      [JOB_FILE]: `env: {STS_FUNCTION_MODE: placeholder}\n${inJob(`STS_FUNCTION_MODE=mint ${BUILT} ${TO_CLUSTER}`, `${BUILT} | kubectl diff -f -`)}`,
      '.github/workflows/trial.yaml': `env: {STS_FUNCTION_MODE: placeholder}\n${inJob('kind create cluster', `${BUILT} ${TO_CLUSTER}`)}`,
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL),
    },
  },
  'a composite action without --enable-exec': {
    code: 'FUNCTION_NOT_STARTED',
    files: {
      ...GENERATORS,
      '.github/actions/deploy/action.yml': inAction(`${BUILT.replace(' --enable-exec', '')} ${TO_CLUSTER}`),
    },
    mended: {
      '.github/actions/deploy/action.yml': inAction(`${BUILT} ${TO_CLUSTER}`),
      '.github/actions/deploy/test.yml': inAction('kustomize build app'),
    },
  },
  'a composite action that prints credentials': {
    code: 'JOB_UNSAFE',
    files: { ...GENERATORS, 'deploy/action.yaml': inAction(`${BUILT} | tee out`) },
    mended: { 'deploy/action.yaml': inAction(`${BUILT} ${TO_CLUSTER}`) },
  },
  'a job that writes credentials into files': {
    code: 'PLAINTEXT',
    count: 2, // of one kind the first is said, and how many more there are
    files: {
      ...STARTING,
      [JOB_FILE]: inJob(
        'function-sts-assume-role render app >out.yaml',
        `${BUILT} -o built.yaml`,
        `${BUILT} 2>log >>all/built.yaml`,
      ),
    },
    mended: {
      [JOB_FILE]: inJob(
        `STS_FUNCTION_MODE=placeholder ${BUILT} >preview.yaml`,
        'function-sts-assume-role render app >"$RUNNER_TEMP/out.yaml"',
        `${BUILT} -o /dev/stdout ${TO_CLUSTER}`,
        `${BUILT} >/dev/null`,
        `${BUILT} 2>log ${TO_CLUSTER} >applied.txt`,
        `${BUILDING} other >other.yaml`,
      ),
    },
  },
  'a job that keeps credentials in an artifact': {
    code: 'PLAINTEXT',
    count: 2,
    files: {
      ...GENERATORS,
      [JOB_FILE]: KEEPING('upload-artifact@v4', '${{ runner.temp }}/out'),
      '.github/workflows/cache.yaml': KEEPING('cache@v4', 'a\n$RUNNER_TEMP/./out/made.yaml\n'),
    },
    mended: {
      [JOB_FILE]: KEEPING('upload-artifact@v4', '${{ runner.temp }}/other'),
      '.github/workflows/cache.yaml': KEEPING('download-artifact@v4', '${{ runner.temp }}/out'),
    },
  },
  'a job that writes credentials into files, beside another environment that encrypts them': {
    code: 'PLAINTEXT',
    files: {
      ...{ ...GENERATORS, 'kpt/Kptfile': kptfile('exec: function-sts-assume-role, configPath: options.yaml') },
      ...{ 'kpt/options.yaml': ENCRYPTING(RECIPIENTS[0]), 'kpt/spec.yaml': spec(LOCAL) },
      [JOB_FILE]: inJob('function-sts-assume-role render app >out.yaml'),
    },
    mended: { [JOB_FILE]: inJob('function-sts-assume-role render kpt >out.yaml') },
  },
  'a script that tells of a pipe where kustomize writes files': {
    code: 'PLAINTEXT',
    files: { ...STARTING, 'render.sh': `export STS_FUNCTION_OUTPUT=stream\n${BUILT} >out.yaml\n` },
    mended: {
      'render.sh': `set -o pipefail\nexport STS_FUNCTION_OUTPUT=stream\n${BUILT} ${TO_CLUSTER}\n${BUILDING} other >out.yaml\n`,
      'files.sh': `${BUILT} >out.yaml\n`,
    },
  },
  'a CronJob that starts too seldom': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, 'renew.yaml': RENEWING('5 */2 * * *', PIPEFAIL) },
    mended: {
      'renew.yaml': RENEWING('5-59/20,0 8-18 * * 1-5', PIPEFAIL), // at night nobody may need it
      'other.yaml': RENEWING('0 3 * * *', PIPEFAIL, '  suspend: true\n').replace('name: renew,', 'name: other,'),
      'unknown.yaml': RENEWING('@every 2h', PIPEFAIL).replace('name: renew,', 'name: unknown,'),
      'used.yaml': RENEWING('0 3 * * *', PIPEFAIL)
        .replace('name: renew,', 'name: used,')
        .replace('kubectl apply', 'use'),
    },
  },
  'a CronJob that starts too seldom for a Secret that it hands in': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, 'renew.yaml': FETCHING('*/30 * * * *') },
    mended: { 'renew.yaml': FETCHING('*/15 * * * *') },
  },
  'a CronJob that starts too seldom for sessions of 15 minutes': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, 'spec.yaml': LASTING('900'), 'renew.yaml': FETCHING('*/9 * * * *') },
    mended: { 'renew.yaml': FETCHING('*/2 * * * *'), 'spec.yaml': LASTING('900') },
  },
  'a CronJob for sessions that are due shortly before they end': {
    code: 'REFRESHED_TOO_LATE',
    files: {
      ...{ ...PACKAGE, Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml') },
      ...{ 'options.yaml': `${INPUT}sessions: [{renew: {before: 1m}}]\n`, 'renew.yaml': FETCHING('*/10 * * * *') },
    },
    mended: { 'options.yaml': `${INPUT}sessions: [{renew: {before: 20m}}]\n` },
  },
  'a CronJob that is suspended': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, 'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL, '  suspend: true\n') },
    mended: { 'prod/kustomization.yaml': 'patches: [{path: resume.yaml}]\n', 'prod/resume.yaml': RESUMED },
  },
  'a CronJob that starts too seldom beside one of another environment': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, 'renew.yaml': FETCHING('0 3 * * *'), 'other.yaml': FETCHING_IN('team-b') },
    mended: { 'other.yaml': FETCHING_IN('team-$STAGE') },
  },
  'a CronJob that is suspended beside one of another environment': {
    code: 'REFRESHED_TOO_LATE',
    files: {
      ...PACKAGE,
      'renew.yaml': `${FETCHING('0 3 * * *')}  suspend: true\n`,
      'other.yaml': FETCHING_IN('team-b'),
    },
    mended: { 'other.yaml': FETCHING_IN('team-a') },
  },
  'a CronJob that starts too seldom for Secrets that a loop fetches': {
    code: 'REFRESHED_TOO_LATE',
    files: {
      ...{ ...PACKAGE, 'login.yaml': LOGIN },
      'renew.yaml': FETCHING('*/30 * * * *').replace('secret deployer', 'secret $name'),
    },
    mended: { 'renew.yaml': FETCHING('*/15 * * * *').replace('secret deployer', 'secret $name') },
  },
  'a CronJob that starts too seldom for manifests in a ConfigMap': {
    code: 'REFRESHED_TOO_LATE',
    files: {
      ...{ 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED },
      'renew.yaml': RENEWING('0 0 * * *', PIPEFAIL),
      'manifests.yaml': IN_CONFIG_MAP(IN_A_LINE),
    },
    mended: { 'manifests.yaml': IN_CONFIG_MAP(IN_A_LINE.replace('STSAssumeRoleToken', 'ECRAuthorizationToken')) },
  },
  'a schedule that starts too seldom': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, ...NO_OBJECTS, '.github/workflows/ci.yaml': rendering(PIPED, SCHEDULED('0 * * * *'), BASH) },
    mended: {
      '.github/workflows/ci.yaml': rendering(PIPED, SCHEDULED('0 */6 * * *', '30 * * * *'), BASH),
      '.github/workflows/once.yaml': rendering(PIPED.replace('kubectl apply', 'use'), SCHEDULED('0 3 * * *'), BASH),
    },
  },
  'a schedule that starts too seldom for one of its folders': {
    code: 'REFRESHED_TOO_LATE',
    files: {
      ...{ 'long/spec.yaml': PACKAGE['spec.yaml'], 'short/spec.yaml': LASTING('900', 'short') },
      '.github/workflows/ci.yaml': rendering(PIPED.replace(' |', ' short |'), SCHEDULED('*/20 * * * *'), BASH),
    },
    mended: {
      '.github/workflows/ci.yaml': rendering(PIPED.replace(' |', ' long |'), SCHEDULED('*/20 * * * *'), BASH),
      '.github/workflows/any.yaml': rendering(PIPED, SCHEDULED('*/20 * * * *'), BASH),
      '.github/workflows/moved.yaml': rendering(
        PIPED.replace(' |', ' short |'),
        SCHEDULED('*/20 * * * *'),
        `${BASH}, working-directory: long`,
      ),
    },
  },
  'a schedule that starts no job': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, ...NO_OBJECTS, '.github/workflows/ci.yaml': onlyIf("github.event_name == 'push'") },
    mended: {
      '.github/workflows/ci.yaml': onlyIf("github.event_name == 'push' || github.event_name == 'schedule'"),
      '.github/workflows/more.yaml': onlyIf("github.event_name != 'pull_request'"),
      '.github/workflows/not.yaml': onlyIf("!(github.event_name == 'pull_request')"),
    },
  },
  'a line that hides that its command failed': {
    code: 'JOB_UNSAFE',
    files: {
      ...GENERATORS,
      'deploy.sh': `set -o pipefail\n${APPLIED} >out 2>&1 || true\n`,
      Makefile: `a:\n\t@${BUILDING} app >out || :; cat out\n`,
    },
    count: 2,
    mended: {
      Makefile: `a:\n\t@${BUILDING} app >out && cat out\n`,
      'deploy.sh': [
        'set -o pipefail',
        APPLIED,
        `${BUILDING} other | kubectl apply --server-side -f - || true`,
        `${APPLIED} || exit 3`,
        'function-sts-assume-role render app >out; kubectl rollout status web || true',
        'function-sts-assume-role render app | kubectl diff -f - || true',
        'function-sts-assume-role render --placeholder app >preview || true',
        'function-sts-assume-role render $(ls app || true) >out',
        'function-sts-assume-role render app "|| true of it"',
        'function-sts-assume-role render app >"$OUT" 2>&1 # || true\n',
      ].join('\n'),
    },
  },
  'a step that may fail': {
    code: 'JOB_UNSAFE',
    files: { ...GENERATORS, '.github/workflows/ci.yaml': rendering(APPLIED, 'push', `${BASH}${LENIENT}`) },
    mended: { '.github/workflows/ci.yaml': rendering(APPLIED, 'push', `${BASH}${LENIENT}, id: render`) },
  },
  'a folder by a slip of the pen': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    count: 2,
    files: {
      ...OVERLAY,
      'ci/render.sh': `set -o pipefail; function-sts-assume-role render ../prdo/kustomization.yaml | kubectl apply --server-side -f -\n${BUILDING} prood\n`,
    },
    mended: {
      'prood/README.md': '',
      'envs/stage/values.yaml': VALUES,
      'stages/values.yaml': VALUES,
      'ci/render.sh': [
        '../prod/kustomization.yaml',
        '../rendered/app',
        '../prod-2',
        '../prdo/a.yaml',
        '../prood',
        'stage/values.yaml',
        '',
      ]
        .map((path) => `set -o pipefail; function-sts-assume-role render ${path} | kubectl apply --server-side -f -`)
        .join('\n'),
    },
  },
  'kubectl apply -k': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, 'deploy.sh': 'kubectl apply --server-side -k app\n' },
    mended: {
      'deploy.sh':
        'set -o pipefail\nkustomize build --enable-alpha-plugins --enable-exec app | kubectl apply --server-side -f -\nkubectl apply -k other\n',
    },
  },
  'kubectl apply -k, in a Taskfile': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, 'Taskfile.yml': 'version: "3"\ntasks: {deploy: {cmds: [kubectl apply -k app]}}\n' },
    mended: { 'Taskfile.yml': 'version: "3"\ntasks: {deploy: {desc: kubectl apply -k app, cmds: [make]}}\n' },
  },
  'kubectl apply -k, in a justfile': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, justfile: 'deploy:\n  kubectl apply -k app\n' },
    mended: { justfile: 'deploy:\n  kubectl apply -f app/spec.yaml\n' },
  },
  'a plugin of Argo CD that runs kustomize without its flags': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, 'plugin.yaml': plugin('kustomize build --enable-alpha-plugins .') },
    mended: { 'plugin.yaml': plugin('helm template .') },
  },
  'a script that tells of a pipe where kpt writes files': {
    code: 'PLAINTEXT',
    files: { ...PACKAGE, 'render.sh': 'STS_FUNCTION_OUTPUT=stream kpt fn render . --allow-exec --output=out\n' },
    mended: { 'render.sh': 'STS_FUNCTION_OUTPUT=stream kpt fn render . --allow-exec --output="$OUT"\n' },
  },
  'credentials in git': {
    code: 'PLAINTEXT',
    files: { ...PACKAGE, '.git/HEAD': '', 'app/secret.yaml': MADE_SECRET },
    mended: { '.gitignore': '/app/*.yaml\n' },
  },
  'keys in git': {
    code: 'PLAINTEXT',
    count: 1,
    files: {
      ...{ ...PACKAGE, '.git/HEAD': '', 'flux/age.txt': `# mine\n${AGE_KEY}\n` },
      'keys.yaml': `${SECRET}stringData: {secret-access-key: ${'a1/'.repeat(13)}A}\n`,
      'data.yaml': `${MORE_KEYS}{secret_access_key: ${Buffer.from(`${'a1/'.repeat(13)}A`).toString('base64')}}\n`,
    },
    mended: {
      '.gitignore': '/flux\n',
      'keys.yaml': `${SECRET}stringData: {secret-access-key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}\n`,
      'data.yaml': `${MORE_KEYS}{secret_access_key: ${Buffer.from('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY').toString('base64')}}\n`,
      'other.env': 'AWS_SECRET_ACCESS_KEY=$(pass aws)\nKEY=AGE-SECRET-KEY-1...\n',
    },
  },
  'credentials that a step does not use': {
    code: 'RUNTIME_INCOMPLETE',
    files: {
      ...{ 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED, 'role.yaml': READ_NAMESPACES('get, list, watch') },
      'composition.yaml': stepWith('').replace('input:', 'credentials: [{name: aws, source: Secret}]\n    input:'),
    },
    mended: {
      'composition.yaml': stepWith('')
        .replace('input:', 'credentials: [{name: aws, source: Secret}]\n    input:')
        .replace(
          "${composite}'}",
          "${composite}', auth: {secretRef: {accessKeyIDSecretRef: {name: aws, key: id}, secretAccessKeySecretRef: {name: aws, key: secret}}}}",
        ),
      'keys.yaml': COMPOSITION.replace('wrong}', 'credentials}, credentials: [{name: aws}]').replace(
        'name: app',
        'name: keys',
      ),
    },
  },
  'an encrypted Secret that git leaves out': {
    code: 'SECRET_SEALED',
    severity: 'warning',
    files: {
      ...{ '.git/HEAD': '', '.gitignore': '/app/*.yaml\n', 'app/secret.yaml': `${MADE_SECRET}sops: {mac: a}\n` },
      ...{ ...PACKAGE, Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml') },
      'options.yaml': `${INPUT}sessions: [{secrets: [{encrypt: {sops: {age: [${RECIPIENTS[0]}]}}}]}]\n`,
    },
    mended: { '.gitignore': '/other\n' },
  },
  'a key in a workflow': {
    code: 'PLAINTEXT',
    files: {
      ...GENERATORS,
      '.git/HEAD': '',
      '.github/workflows/a.yaml': `on: push\nenv: {SOPS_AGE_KEY: ${AGE_KEY}}\njobs: {}\n`,
    },
    mended: { '.github/workflows/a.yaml': 'on: push\nenv: {SOPS_AGE_KEY: "${{ secrets.SOPS_AGE_KEY }}"}\njobs: {}\n' },
  },
  'a recipient of .sops.yaml that encrypt lacks': {
    code: 'SECRET_SEALED',
    severity: 'warning',
    files: {
      ...PACKAGE,
      Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
      'options.yaml': ENCRYPTING(RECIPIENTS[0]),
      '.krmignore': '.sops.yaml\n',
      '.sops.yaml': `creation_rules: [{path_regex: a}, {age: "${RECIPIENTS.join(',')}"}]\n`,
    },
    mended: {
      '.sops.yaml': `creation_rules: [{age: [${RECIPIENTS.join(', ')}]}, {age: [${RECIPIENTS[0]}]}]\n`,
    },
  },
  'recipients of .sops.yaml that encrypt has none of': {
    code: 'SECRET_SEALED',
    severity: 'warning',
    files: {
      ...PACKAGE,
      Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
      'options.yaml': ENCRYPTING(RECIPIENTS[0]),
      '.krmignore': '.sops.yaml\n.github\n',
      [JOB_FILE]: inJob('function-sts-assume-role render . >out.yaml'), // encrypted
      '.sops.yaml': `creation_rules: [{path_regex: a, kms: a}, {age: "${RECIPIENTS[1]}"}]\n`,
    },
    mended: { '.sops.yaml': `creation_rules: [{age: ${RECIPIENTS[1]}}, {key_groups: [{age: [${RECIPIENTS[0]}]}]}]\n` },
  },
  'an Input of a step with a fault': {
    code: 'FUNCTION_CONFIG_INVALID',
    files: { 'composition.yaml': stepWith('sesions: []') },
    mended: { 'composition.yaml': stepWith('sessions: []') },
  },
  'a variable of a step with a slip of the pen': {
    code: 'FUNCTION_CONFIG_INVALID',
    files: { 'composition.yaml': stepWith('').replace('namespaceLabel', 'namespaceLable') },
    mended: { 'composition.yaml': stepWith('') },
  },
  'a variable of a step without a source': {
    code: 'FUNCTION_CONFIG_INVALID',
    files: { 'composition.yaml': stepWith('').replace(', namespaceLabel: example.org/account', '') },
    mended: { 'composition.yaml': stepWith('') },
  },
  'a role of a step with one colon': {
    code: 'SPEC_INVALID',
    files: { 'composition.yaml': stepWith('').replace('iam::', 'iam:') },
    mended: { 'composition.yaml': stepWith('') },
  },
  'a region of a step that AWS does not have': {
    code: 'REGION_UNKNOWN',
    files: { 'composition.yaml': stepWith('').replace("'${region}'", 'eu-wset-1') },
    mended: { 'composition.yaml': stepWith('').replace("'${region}'", 'eu-west-1') },
  },
  'a code for MFA in a step': {
    code: 'SPEC_INVALID',
    files: {
      'composition.yaml': stepWith('')
        .replace('STSAssumeRoleToken', 'STSSessionToken')
        .replace(/role: .*}/, MFA),
    },
    mended: { 'composition.yaml': stepWith('') },
  },
  'an account that composites choose': {
    code: 'POLICY_ABSENT',
    files: { 'composition.yaml': chosen('*') },
    mended: {
      'composition.yaml': chosen('123456789012'),
      'namespace.yaml': stepWith('sessions: [{last: {sessionName: "${namespace}-x"}}]').replace(
        'name: app',
        'name: other',
      ),
    },
  },
  'a role that composites choose': {
    code: 'POLICY_ABSENT',
    files: { 'composition.yaml': named('*').replaceAll('123456789012', '555555555555') },
    mended: {
      'composition.yaml': named('deployer'),
      'folder.yaml': named('tenants/*').replace('/${role}', '/tenants/${role}').replace('name: app', 'name: folder'),
      'region.yaml': named('deployer').replace("'${region}'", "'${role}'").replace('name: app', 'name: region'),
    },
  },
  'a role for tokens of another ServiceAccount': {
    code: 'RUNTIME_INCOMPLETE',
    files: MAKING_TOKENS('deploy', OF_SERVER),
    mended: { 'rights.yaml': MAKING_TOKENS('deploy, deployer', OF_SERVER)['rights.yaml'] },
  },
  'a role for tokens that another namespace has': {
    code: 'RUNTIME_INCOMPLETE',
    files: MAKING_TOKENS('deployer', OF_SERVER.replace('-system', '')),
    mended: { 'rights.yaml': MAKING_TOKENS('deploy', 'name: external-secrets, namespace: other')['rights.yaml'] }, // of another program
  },
  'tokens that no role is for': {
    code: 'RUNTIME_INCOMPLETE',
    files: { ...MAKING_TOKENS('deployer', OF_SERVER), 'rights.yaml': ACCOUNT_OF_STEP },
    mended: { 'rights.yaml': '' }, // another repository has both
  },
  'a composite with a ServiceAccount that allow lacks': {
    code: 'NOT_GRANTED',
    files: {
      'composition.yaml': FOR_WORKSPACES(WITH_ACCOUNT('deploy')),
      'xr.yaml': COMPOSITE('acme'),
    },
    mended: { 'composition.yaml': FOR_WORKSPACES(WITH_ACCOUNT('deployer')) },
  },
  'a composite whose namespace lacks a label': {
    code: 'VALUE_MISSING',
    files: {
      ...{ 'composition.yaml': FOR_WORKSPACES(stepWith('')), 'xr.yaml': COMPOSITE('acme', ', region: eu-west-1') },
      'namespace.yaml': COMPOSED_NAMESPACE('example.org/acount: "123456789012"'),
    },
    mended: { 'namespace.yaml': COMPOSED_NAMESPACE('example.org/account: "123456789012"') },
  },
  'a composite with a value of another type': {
    code: 'VALUE_INVALID',
    files: {
      'composition.yaml': FOR_WORKSPACES(stepWith('')),
      'xr.yaml': COMPOSITE('acme', ', region: europe'),
      'namespace.yaml': COMPOSED_NAMESPACE('example.org/account: "123456789012"'),
    },
    mended: { 'namespace.yaml': undefined }, // where its labels are not known, nothing is
  },
  'a composite in an account that allow lacks': {
    code: 'NOT_GRANTED',
    files: {
      'composition.yaml': FOR_WORKSPACES(chosen('123456789013')),
      'xr.yaml': COMPOSITE('acme', ', region: eu-west-1'),
    },
    mended: { 'other.yaml': FOR_WORKSPACES(chosen('123456789012')).replace('name: app', 'name: other') }, // which of both it takes is not known
  },
  'a composite in a namespace that the Policy lacks': {
    code: 'NOT_GRANTED',
    files: {
      ...{ 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED, 'composition.yaml': FOR_WORKSPACES(FIXED) },
      ...{ 'xr.yaml': COMPOSITE('acme'), 'map.yaml': FOR_NAMESPACE('team-b') },
    },
    mended: { 'map.yaml': FOR_NAMESPACE('team-a, team-b') }, // its grant has a variable of the server
  },
  'steps that make one Secret': {
    code: 'TARGET_CONFLICT',
    files: { 'composition.yaml': `${FIXED}${ANOTHER_STEP('"${composite}-deployer"')}` },
    mended: { 'composition.yaml': `${FIXED}${ANOTHER_STEP('"${composite}-other"')}` },
  },
  'composites that make one Secret': {
    code: 'TARGET_CONFLICT',
    files: {
      'composition.yaml': FOR_WORKSPACES(
        FIXED.replace('      generators:', '      sessions: [{secrets: [{name: deployer}]}]\n      generators:'),
      ),
      ...{ 'xr.yaml': COMPOSITE('acme'), 'other.yaml': COMPOSITE('beta') },
    },
    mended: { 'composition.yaml': FOR_WORKSPACES(FIXED) },
  },
  'a Composition for a kind that no definition makes': {
    code: 'RUNTIME_INCOMPLETE',
    files: { 'composition.yaml': FOR_WORKSPACES(FIXED), 'xrd.yaml': DEFINITION('XWorkspace') },
    mended: { 'xrd.yaml': DEFINITION('Workspace') },
  },
  'a CronJob with a ServiceAccount that is not there': slip(
    'serviceAccountName: renew-deployer',
    'serviceAccountName: renew-deployr',
    changed(/(?<=serviceAccountName: |ServiceAccount, name: )renew-deployer/g, 'platform'),
  ),
  'a CronJob with a ServiceAccount of another namespace': slip(
    /(?<=kind: ServiceAccount\nmetadata:\n {2}name: renew-deployer\n {2}namespace: )team-a/,
    'team-b',
  ),
  'a CronJob without a token': slip('restartPolicy: Never', 'automountServiceAccountToken: false'),
  'a CronJob whose role stands at its pod': slip(
    'template:\n        spec:',
    "template:\n        metadata: {annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::111111111111:role/a'}}\n        spec:",
  ),
  'a CronJob with a ConfigMap that is not there': slip(
    'configMap: { name: renew-deployer }',
    'configMap: { name: renew-deploy }',
    changed('configMap: { name: renew-deployer }', 'configMap: { name: renew-deploy, optional: true }'),
  ),
  'a CronJob without the function on PATH': slip('/tools:/usr', '/usr', changed(/(?<=value: ")\/tools/, '$TOOLS')),
  'a CronJob that sets no PATH': slip(
    / {12}env:\n.* PATH,.*\n/,
    '',
    changed(/(?<= {12})env:\n.* PATH,.*\n/, 'envFrom: [{ configMapRef: { name: settings } }]\n'),
  ),
  'a CronJob that installs the function into no volume': slip('[install, /tools]', '[install, /tool]'),
  'a CronJob that does not mount the function': slip(
    / {12}- { name: tools, mountPath: \/tools }\n(?= {12}- { name: work)/,
    '',
  ),
  'a CronJob that renders links': slip('render --detailed-exitcode package', 'render --detailed-exitcode /manifests'),
  'a CronJob with an Input of CI': {
    code: 'RUNTIME_INCOMPLETE',
    files: { ...CRON_JOB, ...WITH_INPUT('{github: {}, role: "arn:aws:iam::111111111111:role/ci"}') },
    mended: WITH_INPUT('{tokenFile: /var/run/secrets/aws/token, role: "arn:aws:iam::111111111111:role/ci"}'),
  },
  'a CronJob with an Input for a variable': {
    code: 'RUNTIME_INCOMPLETE',
    files: { ...CRON_JOB, ...WITH_INPUT('{tokenEnv: OIDC_TOKEN, role: "arn:aws:iam::111111111111:role/ci"}') },
    mended: changed(
      '            - { name: PATH',
      '            - { name: OIDC_TOKEN, value: a }\n            - { name: PATH',
    ),
  },
  'a CronJob with an Input for a file': {
    code: 'RUNTIME_INCOMPLETE',
    files: { ...CRON_JOB, ...WITH_INPUT('{tokenFile: /tokens/aws, role: "arn:aws:iam::111111111111:role/ci"}') },
    mended: changed('mountPath: /work }', 'mountPath: /work }\n            - { name: tokens, mountPath: /tokens }'),
  },
  'a CronJob whose ConfigMap gets a hash and no namespace': slip('  namespace: team-a\n', '', {}, 'kustomization.yaml'),
  'a CronJob whose ConfigMap has a longer name': slip(
    'name: renew-deployer\n',
    'name: renew-deployer-manifests\n',
    {},
    'kustomization.yaml',
  ),
  'a CronJob that fetches another Secret than it makes': slip('get secret deployer', 'get secret release'),
  'a CronJob that ends before its first Secret': slip(
    ' --ignore-not-found',
    '',
    changed(' --ignore-not-found >package/secret_deployer.yaml', ' >package/secret_deployer.yaml || true'),
  ),
  'a CronJob that is no subject': slip(
    /(?<=ServiceAccount, name: renew-deployer, namespace: )team-a/,
    'default',
    changed(
      'kind: ServiceAccount, name: renew-deployer, namespace: team-a',
      'kind: Group, name: "system:serviceaccounts:team-a"',
    ),
  ),
  'a CronJob whose binding names another Role': slip(
    'kind: Role, name: renew-deployer',
    'kind: Role, name: renew-deployers',
    changed('kind: Role, name: renew-deployer', 'kind: ClusterRole, name: edit'),
  ),
  'a CronJob whose Role is in another namespace': slip(
    'kind: Role\nmetadata: { name: renew-deployer, namespace: team-a }',
    'kind: Role\nmetadata: { name: renew-deployer, namespace: team-b }',
    changed('metadata: { name: renew-deployer, namespace: team-a }', 'metadata: { name: renew-deployer }'),
  ),
  'a CronJob whose binding is in another namespace': slip(
    'kind: RoleBinding\nmetadata: { name: renew-deployer, namespace: team-a }',
    'kind: RoleBinding\nmetadata: { name: renew-deployer, namespace: team-b }',
    {
      'prod/kustomization.yaml': 'namespace: team-a\nresources: [..]\n',
      ...changed(
        'kind: RoleBinding\nmetadata: { name: renew-deployer, namespace: team-a }',
        'kind: RoleBinding\nmetadata: { name: renew-deployer, namespace: team-b }',
      ),
    },
  ),
  'a CronJob that may not create': slip('verbs: [create]', 'verbs: [list]', changed('verbs: [create]', 'verbs: ["*"]')),
  'a CronJob that may patch another Secret': slip(
    'resourceNames: [deployer]',
    'resourceNames: [release]',
    changed('resourceNames: [deployer]', 'resourceNames: [release, deployer]'),
  ),
  'a CronJob that may create by name alone': slip('verbs: [create]', 'verbs: [create]\n  resourceNames: [deployer]', {
    'rights.yaml': 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: other}\n',
  }),
  'a step that its own allow refuses': {
    code: 'NOT_GRANTED',
    files: { 'composition.yaml': FIXED.replace('/deployer"]', '/deploy"]') },
    mended: { 'composition.yaml': FIXED },
  },
  'a role of a step that its own allow refuses in every account': {
    code: 'NOT_GRANTED',
    files: { 'composition.yaml': ADMIN('allow: [{roles: ["arn:aws:iam::*:role/hub", "arn:aws:iam::*:role/a/*"]}]') },
    mended: {
      'composition.yaml': ADMIN('allow: [{roles: ["arn:aws:iam::1*2:role/ad*"]}]'),
      'any.yaml': ADMIN('allow: [{regions: [eu-west-1]}]'),
      'hub.yaml': stepWith('allow: [{roles: ["arn:aws:iam::123456789012:role/hub"]}]'),
    },
  },
  'a role of a step that the Policy refuses in every account': refused(
    'roles: ["arn:aws:iam::*:role/hub"]',
    ADMIN(''),
    ADMIN('').replace('role/admin', 'role/hub'),
  ),
  'a region of a step that the Policy refuses': refused(
    'namespaces: [team-a], roles: ["arn:aws:iam::111111111111:role/deployer"], regions: [eu-north-1]',
    stepWith('').replace("'${region}'", 'eu-central-1'),
    stepWith(''), // all of it is the composite's
  ),
  'a role of a step that the Policy refuses': refused(
    'namespaces: [team-a], roles: ["arn:aws:iam::123456789012:role/deployer"]',
    FIXED.replaceAll('/deployer', '/admin'),
    FIXED,
    chosen('*').replace('/${composite}', '/deployer'), // no account that the Policy does not have
  ),
  'a hub of a step that the Policy refuses': refused(
    'roles: ["arn:aws:iam::111111111111:role/*"], via: ["arn:aws:iam::111111111111:role/hub"]',
    stepWith('sessions: [{via: ["arn:aws:iam::111111111111:role/other"]}]'),
    stepWith('sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]'),
  ),
  'a first step without generators': {
    code: 'GENERATOR_NONE',
    files: { 'composition.yaml': stepWith('').replace(/generators:[\s\S]*/, 'generators: []\n') },
    mended: { 'composition.yaml': stepWith('') },
  },
  'a first step without an Input': {
    code: 'GENERATOR_NONE',
    files: {
      'composition.yaml': stepWith('')
        .replace(/ *input:[\s\S]*/, '')
        .replace('{name: credentials}', '{name: function-sts-assume-role}'),
    },
    mended: { 'composition.yaml': stepWith('') },
  },
  'a generator of a step that is to be ignored': {
    code: 'GENERATOR_UNUSED',
    files: {
      'composition.yaml': FIXED.replace(
        'name: deployer}',
        'name: deployer, annotations: {sts.fn.crossplane.io/ignore: "true"}}',
      ),
    },
    mended: { 'composition.yaml': FIXED },
  },
  'an ExternalSecret of a first step without the session token': {
    code: 'TEMPLATE_INVALID',
    severity: 'warning',
    files: { 'composition.yaml': consuming('') },
    mended: { 'composition.yaml': consuming('{{ .session_token }}') },
  },
  'a template of a first step with a key that is none': {
    code: 'TEMPLATE_INVALID',
    files: { 'composition.yaml': consuming('{{ .sesion_token }}') },
    mended: {
      'composition.yaml': consuming('{{ .session_token }}'),
      'variable.yaml': consuming('{{ if eq "${account}" "111111111111" }}{{ .session_token }}{{ end }}').replace(
        'generators:',
        'vars: {account: {type: accountID, namespaceLabel: example.org/account}}\n      generators:',
      ),
    },
  },
  'a generator that an ExternalSecret of a first step lacks': {
    code: 'REFERENCE_MISSING',
    files: { 'composition.yaml': consuming('{{ .session_token }}', 'deploier') },
    mended: {
      'composition.yaml': consuming('{{ .session_token }}', 'deploier').replace(
        'deployer"]',
        'deployer"], fromCluster: true',
      ),
      'open.yaml': consuming('{{ .session_token }}', 'deploier').replace(/allow:.*/, ''),
      'later.yaml': afterAnother(consuming('{{ .session_token }}', 'deploier')),
      'namespace.yaml': consuming('{{ .session_token }}').replace('"name":"app"', '"name":"app","namespace":"team-a"'),
    },
  },
  'an entry of a first step that matches nothing': {
    code: 'SESSION_UNUSED',
    files: { 'composition.yaml': FIXED.replace('allow:', 'sessions: [{match: {names: [deploier]}}]\n      allow:') },
    mended: {
      'composition.yaml': stepWith('sessions: [{match: {names: [any-deployer]}}]').replace(
        'name: deployer}',
        "name: '${composite}-deployer'}",
      ),
      'namespace.yaml': stepWith('sessions: [{match: {namespaces: [team-a]}}]'),
      'later.yaml': afterAnother(stepWith('sessions: [{match: {names: [deploier]}}]')),
    },
  },
  'a step without generators behind another of this function': {
    code: 'GENERATOR_NONE',
    files: { 'composition.yaml': `${stepWith('')}${BARE_STEP}` },
    mended: { 'composition.yaml': afterAnother(`${stepWith('')}${BARE_STEP}`) },
  },
  'a generator of a step with a fault': {
    code: 'SPEC_INVALID',
    files: { 'composition.yaml': stepWith('').replace('{region:', '{rol: a, region:') },
    mended: { 'composition.yaml': stepWith('') },
  },
  'a path with no file': {
    code: 'FUNCTION_NOT_FOUND',
    files: { ...GENERATORS, 'app/spec.yaml': spec(EXEC.replace('path: ', 'path: ./bin/')) },
    mendedExecutable: ['app/bin/function-sts-assume-role', 0o755],
  },
  'a file that is not executable': {
    code: 'FUNCTION_NOT_FOUND',
    files: { ...GENERATORS, 'app/spec.yaml': spec(EXEC.replace('path: ', 'path: ./bin/')) },
    executable: ['app/bin/function-sts-assume-role', 0o644],
    mendedExecutable: ['app/bin/function-sts-assume-role', 0o755],
  },
  'no folder of plugins': {
    code: 'FUNCTION_NOT_FOUND',
    files: { ...GENERATORS, 'app/spec.yaml': spec() },
    mendedEnvironment: { XDG_CONFIG_HOME: 'DIR' },
    mendedExecutable: [`kustomize/plugin/${PLUGIN}`, 0o755],
  },
  'a plugin that is not where kustomize looks': {
    code: 'FUNCTION_NOT_FOUND',
    files: { ...GENERATORS, 'app/spec.yaml': spec(), 'plugins/keep': '' },
    environment: { KUSTOMIZE_PLUGIN_HOME: 'DIR/plugins' },
    executable: ['plugins/STSAssumeRoleToken', 0o755],
    mendedExecutable: [`plugins/${PLUGIN}`, 0o755],
  },
  'a function in a container': {
    code: 'FUNCTION_IN_CONTAINER',
    files: { ...PACKAGE, Kptfile: kptfile('image: "example.org/function-sts-assume-role:v1"') },
    mended: PACKAGE,
  },
  'a kustomization that starts nothing': {
    code: 'GENERATOR_UNUSED',
    files: { ...TRANSFORMERS, 'kustomization.yaml': 'resources: [spec.yaml, options.yaml]\n' },
    mended: { 'kustomization.yaml': TRANSFORMERS['kustomization.yaml'] },
  },
  'a generator that its kustomization leaves out': {
    code: 'GENERATOR_UNUSED',
    files: { ...TRANSFORMERS, 'kustomization.yaml': 'transformers: [options.yaml]\n' },
    mended: { 'kustomization.yaml': TRANSFORMERS['kustomization.yaml'] },
  },
  'a generator beside a kustomization that does not put it into a ConfigMap': {
    code: 'GENERATOR_UNUSED',
    files: { 'kustomization.yaml': 'namespace: team-a\n', 'spec.yaml': spec() },
    mended: { 'kustomization.yaml': 'configMapGenerator: [{name: manifests, files: [spec.yaml]}]\n' },
  },
  'a generator beside others that are put into a ConfigMap': {
    code: 'GENERATOR_UNUSED',
    files: { ...PACKED, 'packed/more.yaml': spec().replace('deployer', 'more') },
    mended: { 'packed/kustomization.yaml': PACKED['packed/kustomization.yaml'].replace('[spec', '[more.yaml, spec') },
  },
  'a generator beside a kustomization that has nothing of it': {
    code: 'GENERATOR_UNUSED',
    files: { 'kustomization.yaml': 'resources: []\n', 'spec.yaml': spec(), 'secret.yaml': MADE_SECRET },
    mended: { 'kustomization.yaml': 'resources: [secret.yaml]\n' },
  },
  'an annotated generator among resources': {
    code: 'GENERATOR_UNUSED',
    files: { ...GENERATORS, 'app/kustomization.yaml': 'resources: [spec.yaml]\n' },
    mended: GENERATORS,
  },
  'packages without a step': {
    code: 'GENERATOR_UNUSED',
    files: {
      ...{ 'a/Kptfile': STEPLESS, 'a/spec.yaml': spec(LOCAL) },
      ...{ 'b/Kptfile': STEPLESS, 'b/options.yaml': INPUT, 'b/spec.yaml': spec(LOCAL) },
    },
    mended: {
      'a/Kptfile': kptfile(),
      'b/Kptfile': kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
    },
    count: 2,
  },
  'a step with arguments': {
    code: 'GENERATOR_UNUSED',
    files: { 'spec.yaml': spec(LOCAL), Kptfile: kptfile('exec: function-sts-assume-role render') },
    mended: { Kptfile: kptfile() },
  },
  'a step among the validators': {
    code: 'GENERATOR_UNUSED',
    files: { ...PACKAGE, Kptfile: kptfile().replace('mutators', 'validators') },
    mended: PACKAGE,
  },
  'an ExternalSecret that makes nothing': {
    code: 'GENERATOR_UNUSED',
    severity: 'info',
    files: { ...PACKAGE, 'app.yaml': CONSUMER.replace('target: {', 'target: {creationPolicy: None, ') },
    mended: { 'app.yaml': CONSUMER },
  },
  'an Input without the annotation': {
    code: 'FUNCTION_NOT_FOUND',
    files: { ...TRANSFORMERS, 'options.yaml': INPUT.replace(EXEC, '') },
    mended: TRANSFORMERS,
  },
  'a prefix before a transformer': {
    code: 'SECRET_NOT_RENAMED',
    files: { ...TRANSFORMERS, 'job.yaml': JOB, 'kustomization.yaml': `namePrefix: prod-\n${WITH_JOB}` },
    mended: {
      'job.yaml': [
        JOB.replace('name: deployer', 'name: prod-deployer'),
        JOB.replace('name: deploy,', 'name: other,').replace('name: deployer', 'name: database'),
      ].join('---\n'),
    },
  },
  'a ClusterGenerator that a prefix renames before a transformer': {
    code: 'REFERENCE_MISSING',
    files: { ...TRANSFORMERS, 'kustomization.yaml': `namePrefix: p-\n${IN_NAMESPACE}`, 'spec.yaml': SHARED },
    mended: { 'kustomization.yaml': IN_NAMESPACE },
  },
  'a hash before a transformer': {
    code: 'SECRET_NOT_RENAMED',
    files: { ...TRANSFORMERS, 'spec.yaml': spec(HASH) },
    mended: TRANSFORMERS,
  },
  'a hash for each session': {
    code: 'SECRET_ROLLS_OUT',
    files: { ...GENERATORS, 'app/spec.yaml': spec(`${EXEC}, ${HASH}`) },
    mended: GENERATORS,
  },
  'a step that moves Secrets behind this function': {
    code: 'TARGET_NOT_OURS',
    severity: 'warning',
    files: { ...PACKAGE, Kptfile: moving('team-b', BEFORE) },
    mended: { Kptfile: moving('team-a', BEFORE) },
  },
  'a package around that moves Secrets': {
    code: 'TARGET_NOT_OURS',
    severity: 'warning',
    files: { 'in/Kptfile': kptfile(), 'in/spec.yaml': spec(LOCAL), Kptfile: moving('team-b') },
    mended: { Kptfile: moving('team-b').replace('mutators', 'validators') },
  },
  'selectors without Secrets': {
    code: 'SECRET_DUPLICATED',
    files: { ...PACKAGE, Kptfile: selecting('selectors: [{kind: STSAssumeRoleToken}]') },
    mended: { Kptfile: selecting('selectors: [{kind: STSAssumeRoleToken}, {kind: Secret}]') },
  },
  'Secrets that are excluded': {
    code: 'SECRET_DUPLICATED',
    files: { ...PACKAGE, Kptfile: selecting('exclude: [{kind: Secret}]') },
    mended: { Kptfile: selecting('exclude: [{kind: Job}]') },
  },
  'selectors by apiVersion': {
    code: 'SECRET_DUPLICATED',
    files: { ...PACKAGE, Kptfile: selecting('selectors: [{apiVersion: generators.external-secrets.io/v1alpha1}]') },
    mended: { Kptfile: selecting('selectors: [{name: deployer}]') },
  },
  'Secrets that are excluded by apiVersion': {
    code: 'SECRET_DUPLICATED',
    files: { ...PACKAGE, Kptfile: selecting('exclude: [{apiVersion: v1}]') },
    mended: { Kptfile: selecting('exclude: [{apiVersion: v1, kind: ConfigMap}]') },
  },
  'a Secret that is excluded by its name': {
    code: 'SECRET_DUPLICATED',
    files: { ...PACKAGE, Kptfile: selecting('exclude: [{kind: Secret, name: deployer, namespace: team-a}]') },
    mended: { Kptfile: selecting('exclude: [{kind: Secret, name: other}]') },
  },
  'a generator that kpt live apply sends': {
    code: 'GENERATOR_APPLIED',
    files: { ...PACKAGE, Kptfile: kptfile(undefined, 'inventory: {name: app, namespace: a}\n'), 'spec.yaml': spec() },
    mended: { 'spec.yaml': spec(LOCAL) },
  },
  'a generator that is there twice': {
    code: 'TARGET_CONFLICT',
    files: { ...PACKAGE, 'copy.yaml': spec(LOCAL) },
    mended: { '.krmignore': 'cop*\n' },
  },
  'an ExternalSecret that the kustomization of its generator leaves out': {
    code: 'GENERATOR_UNUSED',
    files: { ...TRANSFORMERS, 'secret.yaml': CONSUMER },
    mended: { 'kustomization.yaml': TRANSFORMERS['kustomization.yaml'].replace('spec.yaml', 'spec.yaml, secret.yaml') },
  },
  'a generator that the kustomization of its keys leaves out': {
    code: 'GENERATOR_UNUSED',
    files: {
      ...{ 'options.yaml': INPUT, 'spec.yaml': spec('', KEYS), 'keys.yaml': SECRET },
      'kustomization.yaml': 'resources: [keys.yaml]\ntransformers: [options.yaml]\n',
    },
    mended: { 'kustomization.yaml': 'resources: [keys.yaml, spec.yaml]\ntransformers: [options.yaml]\n' },
  },
  'keys that are not there': {
    code: 'REFERENCE_MISSING',
    files: { ...PACKAGE, 'spec.yaml': spec(LOCAL, KEYS) },
    mended: { 'keys.yaml': SECRET },
  },
  'keys that a kustomize generator does not see': {
    code: 'REFERENCE_MISSING',
    files: { ...GENERATORS, 'app/spec.yaml': spec(EXEC, KEYS), 'app/keys.yaml': SECRET },
    mendedEnvironment: { STS_FUNCTION_CLUSTER: 'in-cluster' },
  },
  'a region that nobody gives': {
    code: 'SPEC_INVALID',
    files: { ...PACKAGE, 'spec.yaml': spec(LOCAL).replace(/region: [\w-]+/, 'region: ""') },
    mended: {
      '.krmignore': '.github/\n',
      [JOB_FILE]: `on: push\nenv: {AWS_REGION: "\${{ vars.REGION }}"}\njobs: {a: {steps: [{run: make}]}}\n`,
    },
  },
  'keys that a prefix renames before a transformer': {
    code: 'REFERENCE_MISSING',
    files: RENAMED_KEYS,
    mended: {
      'app/kustomization.yaml': 'resources: [../base]\ntransformers: [options.yaml]\n',
      'prod/kustomization.yaml': 'resources: [../app]\nnamePrefix: p-\n',
    },
  },
  'a ServiceAccount without a cluster': {
    code: 'CLUSTER_OFF',
    files: { ...PACKAGE, 'spec.yaml': spec(LOCAL, ', auth: {jwt: {serviceAccountRef: {name: ci}}}') },
    mended: {
      '.krmignore': '.github/\n',
      [JOB_FILE]: `on: push\nenv: {STS_FUNCTION_CLUSTER: "context:ci"}\njobs: {a: {steps: [{run: make}]}}\n`,
    },
  },
  'a generator that an ExternalSecret names': {
    code: 'REFERENCE_MISSING',
    files: {
      ...PACKAGE,
      'secret.yaml': CONSUMER.replace('name: deployer', 'name: nobody'),
    },
    mended: { 'secret.yaml': undefined },
  },
  'a spec with a fault': {
    code: 'SPEC_INVALID',
    files: { ...PACKAGE, 'spec.yaml': spec(LOCAL, ', roles: x') },
    mended: PACKAGE,
  },
  'Inputs with a fault': {
    code: 'FUNCTION_CONFIG_INVALID',
    files: { ...TRANSFORMERS, 'other/options.yaml': `${INPUT}sesions: []\n` },
    mended: { 'other/options.yaml': INPUT },
  },
  'a configPath that leads nowhere': {
    code: 'FUNCTION_CONFIG_INVALID',
    files: { ...PACKAGE, Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml') },
    mended: { 'options.yaml': INPUT },
  },
  'two Inputs for the same files': {
    code: 'FUNCTION_CONFIG_INVALID',
    files: { 'spec.yaml': spec(), 'a.yaml': INPUT, 'b.yaml': INPUT },
    mended: { 'b.yaml': undefined },
  },
  'a package in another one': {
    code: 'PIPELINES_NESTED',
    severity: 'error',
    files: { Kptfile: kptfile(), 'app/Kptfile': kptfile(), 'app/spec.yaml': spec(LOCAL) },
    mended: { Kptfile: 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: all}\n' },
  },
  'a region that AWS does not have': {
    code: 'REGION_UNKNOWN',
    files: { ...PACKAGE, 'spec.yaml': spec(LOCAL).replace('eu-west-1', 'eu-wset-1') },
    mended: PACKAGE,
  },
  'a spec that does not parse': {
    code: 'INPUT_UNREADABLE',
    files: { ...PACKAGE, 'spec.yaml': `${spec(LOCAL)}  metadata: [\n` },
    mended: PACKAGE,
  },
  'a setting with a fault': {
    code: 'SETTING_INVALID',
    files: PACKAGE,
    environment: { STS_FUNCTION_CONCURRENCY: 'many' },
    mendedEnvironment: {},
  },
  'Argo CD that renders credentials': {
    code: 'CREDENTIALS_KEPT',
    files: { ...GENERATORS, 'argocd.yaml': configMap('--enable-alpha-plugins --enable-exec') },
    mended: { 'argocd.yaml': configMap('--enable-helm') },
  },
  'Argo CD without --enable-exec': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, 'argocd.yaml': configMap('--enable-alpha-plugins') },
    mended: { 'argocd.yaml': configMap('--enable-helm') },
  },
  'Argo CD that hydrates credentials': {
    code: 'CREDENTIALS_KEPT',
    files: { ...GENERATORS, 'application.yaml': APPLICATION },
    mended: {
      'application.yaml': APPLICATION.replace('sourceHydrator: {drySource: {path: app}}', 'source: {path: other}'),
    },
  },
  'Argo CD whose settings are elsewhere': {
    code: 'FUNCTION_NOT_STARTED',
    severity: 'warning',
    files: { ...OVERLAY, 'application.yaml': BUILDS },
    mended: { 'application.yaml': BUILDS.replace('prod', 'other') },
  },
  'an ApplicationSet of folders': {
    code: 'FUNCTION_NOT_STARTED',
    severity: 'warning',
    files: { ...GENERATORS, 'set.yaml': SET },
    mended: {
      'set.yaml': SET.replace('{path: "*"}', '{path: "other/*"}, {path: "*", exclude: true}'),
      'others.yaml': SET.replace('apps,', 'others,').replace('{{.path.path}}', 'app/{{ .stage }}/'),
    },
  },
  'an ApplicationSet of folders with a variable in their path': {
    code: 'FUNCTION_NOT_STARTED',
    severity: 'warning',
    files: { ...GENERATORS, 'set.yaml': SET.replace('{{.path.path}}', './{{ .stage }}/') },
    mended: { 'app/kustomization.yaml': 'resources: []\n', 'app/spec.yaml': '' },
  },
  'a plugin of Argo CD': {
    code: 'CREDENTIALS_KEPT',
    files: { 'plugin.yaml': CMP },
    mended: { 'plugin.yaml': CMP.replace('function-sts-assume-role', 'cat') },
  },
  Flux: {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, 'flux.yaml': FLUX },
    mended: { 'flux.yaml': FLUX.replace('./app', './other') },
  },
  'Flux, of all that is there': {
    code: 'FUNCTION_NOT_STARTED',
    files: { ...GENERATORS, 'flux.yaml': FLUX.replace('path: ./app', 'prune: true') },
    mended: { 'kustomization.yaml': 'resources: [flux.yaml]\n' },
  },
  'a runtime that is not there': {
    code: 'RUNTIME_INCOMPLETE',
    files: { 'function.yaml': FUNCTION },
    mended: { 'runtime.yaml': GUARDED },
  },
  'a ServiceAccount whose name changes': {
    code: 'RUNTIME_INCOMPLETE',
    files: { 'function.yaml': FUNCTION, 'runtime.yaml': runtime('', '--policy=/etc/policy.yaml') },
    mended: { 'runtime.yaml': GUARDED },
  },
  'a runtime with a flag that is none': { code: 'RUNTIME_INCOMPLETE', ...runtimeWith('--policy', '--polcy') },
  'a runtime with another command': { code: 'RUNTIME_INCOMPLETE', ...runtimeWith('--policy', 'render, --policy') },
  'a runtime that serves without TLS': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('--policy', '--insecure, --policy'),
  },
  'a runtime that makes placeholders': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('args:', 'env: [{name: STS_FUNCTION_MODE, value: placeholder}], args:'),
    mended: { 'runtime.yaml': GUARDED.replace('args:', 'env: [{name: STS_FUNCTION_MODE, value: mint}], args:') },
  },
  'a container that Crossplane does not start': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('{name: package-runtime,', '{name: function,'),
    mended: {
      'runtime.yaml': GUARDED.replace('containers: [', 'containers: [{name: proxy, image: example.org/proxy}, '),
    },
  },
  'a slip in a Policy that a runtime mounts': {
    code: 'SETTING_INVALID',
    files: {
      ...SERVER,
      'map.yaml': CONFIG_MAP('crossplane-system').replace('roles:', 'role:'),
    },
    mended: { 'map.yaml': CONFIG_MAP('crossplane-system') },
  },
  'a slip in a Policy that a runtime mounts from what kustomize makes': {
    code: 'SETTING_INVALID',
    files: {
      ...mapped(`name: policy, namespace: crossplane-system, files: [policy.yaml], ${KEPT}`),
      'policy.yaml': POLICY.replace('roles:', 'role:'),
    },
    mended: { 'policy.yaml': POLICY },
  },
  'a variable of the environment in a Policy that a runtime mounts': {
    code: 'SETTING_INVALID',
    files: {
      ...SERVER,
      'map.yaml': CONFIG_MAP('crossplane-system').replace(
        'regions: [eu-west-1]',
        'session: {tags: {team: "${enf.TEAM}"}}',
      ),
    },
    mended: {
      'map.yaml': CONFIG_MAP('crossplane-system').replace(
        'regions: [eu-west-1]',
        'session: {tags: {team: "${env.TEAM}"}}',
      ),
    },
  },
  'a role of a step that no mounted Policy has': {
    code: 'NOT_GRANTED',
    files: {
      ...SERVER,
      'step.yaml': ADMIN(''),
      'map.yaml': CONFIG_MAP('crossplane-system').replace('role/*', 'role/team/*'),
      'read.yaml': READ_NAMESPACES('get, list, watch'),
    },
    mended: { 'map.yaml': CONFIG_MAP('crossplane-system') },
  },
  'an account that a composite chooses, and no mounted Policy lists': {
    code: 'POLICY_ABSENT',
    files: {
      ...SERVER,
      'step.yaml': chosen('*').replace('/${composite}', '/admin'),
      'map.yaml': CONFIG_MAP('crossplane-system').replace('123456789012', '*'),
    },
    mended: { 'map.yaml': CONFIG_MAP('crossplane-system') },
  },
  'a Policy that is not mounted': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('mountPath: /etc/', 'mountPath: /etc/pol'),
  },
  'a Policy that `subPath` mounts': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('mountPath: /etc/', 'mountPath: /etc/policy.yaml, subPath: policy.yaml'),
  },
  'keys beside a role of a runtime': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('args:', 'env: [{name: AWS_ACCESS_KEY_ID, valueFrom: {secretKeyRef: {name: aws, key: id}}}], args:'),
  },
  'a role that a runtime has itself': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('metadata: {name: credentials}', `metadata: {name: credentials, annotations: {${ROLE}}}`),
  },
  'a role of the pods of a runtime': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('      template:\n', `      template:\n        metadata: {annotations: {${ROLE}}}\n`),
  },
  'a pod of a runtime with another ServiceAccount': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('        spec:\n', '        spec:\n          serviceAccountName: other\n'),
    mended: {
      'runtime.yaml': GUARDED.replace('        spec:\n', '        spec:\n          serviceAccountName: credentials\n'),
    },
  },
  'a Policy whose volume is not there': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('volumes: [{name: policy', 'volumes: [{name: policies'),
  },
  'a Policy under another key': {
    code: 'RUNTIME_INCOMPLETE',
    files: mapped(`name: policy, files: [policy.yml=policy.yaml], ${KEPT}`),
    mended: mapped(`name: policy, files: [policy.yaml, other.yaml=policy.yaml], ${KEPT}`),
  },
  'a Policy in another namespace': {
    code: 'RUNTIME_INCOMPLETE',
    files: { 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED, 'policy.yaml': CONFIG_MAP('default') },
    mended: { 'policy.yaml': CONFIG_MAP('upbound-system') },
  },
  'a Policy whose name gets a hash': {
    code: 'RUNTIME_INCOMPLETE',
    files: mapped('name: policy, files: [policy.yaml]'),
    mended: mapped('name: policy, files: [policy.yaml]', 'generatorOptions: {disableNameSuffixHash: true}\n'),
  },
  'a Policy by a slip of the pen': {
    code: 'RUNTIME_INCOMPLETE',
    files: mapped(`name: polciy, files: [policy.yaml], ${KEPT}`),
    mended: mapped(`name: rules, files: [policy.yaml], ${KEPT}`),
  },
  'a role of a runtime that is no ARN': { code: 'RUNTIME_INCOMPLETE', ...runtimeWith('iam::', 'iam:') },
  'an annotation of a runtime that EKS does not read': {
    code: 'RUNTIME_INCOMPLETE',
    ...runtimeWith('role-arn', 'role_arn'),
  },
  'an annotation of a ServiceAccount that EKS does not read': {
    code: 'RUNTIME_INCOMPLETE',
    files: { ...PACKAGE, 'account.yaml': ACCOUNT(ROLE.replace('role-arn', 'role_arn')) },
    mended: { 'account.yaml': ACCOUNT(`${ROLE}, eks.amazonaws.com/audience: sts.amazonaws.com`) },
  },
  'a ServiceAccount without a role, of which a generator asks for a token': {
    code: 'RUNTIME_INCOMPLETE',
    files: {
      'composition.yaml': WITH_ACCOUNT('deployer'),
      'other.yaml': WITH_ACCOUNT('deployer')
        .replace('name: app', 'name: other')
        .replace('metadata: {name: deployer}', 'metadata: {name: deployer, namespace: other}'),
      'kustomization.yaml': 'resources: [account.yaml]\n',
      'account.yaml': ACCOUNT_OF_STEP.replace(/, annotations: .*\}/, '}'),
    },
    mended: { 'kustomization.yaml': `resources: [account.yaml]\ncommonAnnotations: {${ROLE}}\n` },
  },
  'a label of namespaces that Crossplane may not read': {
    code: 'RUNTIME_INCOMPLETE',
    files: {
      'function.yaml': FUNCTION,
      'runtime.yaml': GUARDED,
      'composition.yaml': stepWith(''),
      'role.yaml': READ_NAMESPACES('get'),
    },
    mended: { 'role.yaml': READ_NAMESPACES('get, list, watch') },
  },
  'a step without its Function': {
    code: 'RUNTIME_INCOMPLETE',
    files: { 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED, 'composition.yaml': COMPOSITION },
    mended: { 'composition.yaml': COMPOSITION.replace('wrong', 'credentials') },
  },
  'a step whose Function no Configuration installs': {
    code: 'RUNTIME_INCOMPLETE',
    files: {
      ...{ 'function.yaml': FUNCTION, 'runtime.yaml': GUARDED, 'composition.yaml': COMPOSITION },
      'crossplane.yaml': CONFIGURATION('function-auto-ready'),
    },
    mended: { 'crossplane.yaml': CONFIGURATION('function-sts-assume-role') },
  },
  'a server without a Policy': {
    code: 'POLICY_ABSENT',
    files: { 'function.yaml': FUNCTION, 'runtime.yaml': runtime('name: credentials, ') },
    mended: {
      'runtime.yaml': GUARDED,
      'default.yaml': `${FUNCTION.replace('{name: credentials}', '{name: other}').replace(/ *runtimeConfigRef.*\n/, '')}---\n${GUARDED.replace('metadata: {name: credentials}', 'metadata: {name: default}')}`,
    },
  },
  'a server whose patches name no Policy': {
    code: 'POLICY_ABSENT',
    files: {
      ...{ 'function.yaml': FUNCTION, 'runtime.yaml': runtime('name: credentials, '), 'patch.yaml': ADDING('--debug') },
      'kustomization.yaml':
        'resources: [function.yaml, runtime.yaml]\npatches: [{target: {kind: DeploymentRuntimeConfig}, path: patch.yaml}]\n',
    },
    mended: { 'patch.yaml': ADDING('--policy, /etc/policy.yaml') },
  },
  'a Policy that nobody reads': {
    code: 'POLICY_UNUSED',
    files: { ...PACKAGE, '.krmignore': 'server\n', 'server/policy.yaml': POLICY },
    mended: { 'server/kustomization.yaml': 'configMapGenerator: [{name: policy, files: [policy.yaml]}]\n' },
  },
  'a Policy that a workflow names by a path that is not absolute': {
    code: 'SETTING_INVALID',
    files: {
      ...PACKAGE,
      '.krmignore': '.github\npolicy.yaml\n',
      'policy.yaml': POLICY,
      '.github/workflows/ci.yaml': withPolicy('policy.yaml'),
    },
    mended: { '.github/workflows/ci.yaml': withPolicy('${{ github.workspace }}/policy.yaml') },
  },
  'a Policy of a workflow that is not there': {
    code: 'SETTING_INVALID',
    files: {
      ...PACKAGE,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': withPolicy('${{ github.workspace }}/policy.yaml'),
    },
    mended: { '.github/workflows/ci.yaml': withPolicy('${{ vars.POLICY }}') },
  },
  'a package that the Policy of all jobs does not grant': {
    code: 'NOT_GRANTED',
    files: {
      ...{ ...PACKAGE, '.krmignore': '.github\npolicy.yaml\n' },
      'policy.yaml': GRANTING('{roles: ["arn:aws:iam::123456789012:role/other"]}'),
      '.github/workflows/ci.yaml': withPolicy('${{ github.workspace }}/policy.yaml', PIPED),
    },
    mended: {
      'policy.yaml': GRANTING(
        '{roles: ["arn:aws:iam::123456789012:role/*"], session: {tags: {run: "${env.GITHUB_RUN_ID}"}}}',
      ),
    },
  },
  'a folder that the Policy of all jobs does not grant': {
    code: 'NOT_GRANTED',
    files: {
      ...{ ...GENERATORS, '.github/policy.yaml': GRANTING('{roles: ["arn:aws:iam::123456789012:role/other"]}') },
      '.github/workflows/ci.yaml': withPolicy('${{ github.workspace }}/.github/policy.yaml', APPLIED),
    },
    mended: {
      '.github/workflows/ci.yaml': withPolicy(
        '${{ github.workspace }}/.github/policy.yaml',
        APPLIED.replace('render app', 'render other'),
      ),
    },
  },
  'a Policy in a ConfigMap from which nobody reads one': {
    code: 'POLICY_UNUSED',
    files: {
      ...{ ...PACKAGE, '.krmignore': 'renew\n', 'renew/policy.yaml': POLICY },
      'renew/kustomization.yaml':
        'resources: [job.yaml]\nconfigMapGenerator: [{name: packed, namespace: team-a, files: [policy.yaml]}]\n',
      'renew/job.yaml': RENEWING('*/10 * * * *', PIPEFAIL, MOUNTING),
    },
    mended: {
      'renew/job.yaml': RENEWING('*/10 * * * *', PIPEFAIL, MOUNTING).replace(
        'image:',
        'env: [{name: STS_FUNCTION_POLICY, value: /etc/policy.yaml}], image:',
      ),
    },
  },
  'a job without the Policy of another job': {
    code: 'POLICY_ABSENT',
    files: { ...STARTING, [JOB_FILE]: guarded('', `${BUILT} ${TO_CLUSTER}`) },
    mended: {
      '.github/workflows/flag.yaml': guarded('', PIPED.replace('render', 'render --policy /etc/policy.yaml')),
      [JOB_FILE]: guarded(', env: {STS_FUNCTION_POLICY: "${{ vars.POLICY }}"}', `${BUILT} ${TO_CLUSTER}`),
      '.github/workflows/preview.yaml': inJob(`STS_FUNCTION_MODE=placeholder ${BUILT} >/dev/null`),
      '.github/workflows/other.yaml': inJob('make'),
      '.github/workflows/called.yaml': inJob(`${BUILT} ${TO_CLUSTER}`).replace('on: push', 'on: {workflow_call: {}}'),
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL),
    },
  },
  'an endpoint of a job that is no URL': {
    code: 'SETTING_INVALID',
    files: { ...PACKAGE, ...NO_OBJECTS, [JOB_FILE]: `env: {AWS_STS_ENDPOINT: sts.example.org}\n${inJob('make')}` },
    mended: {
      [JOB_FILE]: `env: {AWS_STS_ENDPOINT: "https://sts.example.org", KUBECONFIG: a, HTTPS_PROXY: a}\n${inJob('make')}`,
      '.github/workflows/other.yaml': `env: {AWS_STS_ENDPOINT: "\${{ vars.ENDPOINT }}"}\n${inJob('make')}`,
    },
  },
  'an endpoint of a CronJob that is no URL': {
    code: 'SETTING_INVALID',
    files: {
      ...PACKAGE,
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace(
        'image:',
        'env: [{name: AWS_ENDPOINT_URL_STS, value: sts.example.org}], image:',
      ),
    },
    mended: {
      'renew.yaml': RENEWING('*/10 * * * *', PIPEFAIL).replace(
        'image:',
        'env: [{name: AWS_ENDPOINT_URL_STS, value: $(URL)}], image:',
      ),
    },
  },
  'a shared machine without a Policy': {
    code: 'POLICY_ABSENT',
    files: { ...PACKAGE, ...NO_OBJECTS },
    environment: CI,
    mended: { '.policy.yaml': POLICY },
    mendedEnvironment: { ...CI, STS_FUNCTION_POLICY: 'DIR/.policy.yaml' },
  },
  'a variable of ours that is empty': {
    code: 'SETTING_INVALID',
    files: { ...PACKAGE, ...NO_OBJECTS },
    environment: { ...CI, STS_FUNCTION_POLICY: '' },
    mended: { '.policy.yaml': POLICY },
    mendedEnvironment: { ...CI, STS_FUNCTION_POLICY: 'DIR/.policy.yaml' },
  },
  'a variable that is nearly ours': {
    code: 'SETTING_UNKNOWN',
    files: PACKAGE,
    environment: { STS_FUNCTION_TIMOUT: '60' },
    mendedEnvironment: { STS_FUNCTION_TIMEOUT: '60' },
  },
  'a Job that reads a Secret by a slip of the pen': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'job.yaml': JOB.replace('name: deployer', 'name: deplyer') },
    mended: {
      'job.yaml': [
        JOB,
        JOB.replace('name: deploy,', 'name: optional,').replace('{name: deployer}', '{name: deplyer, optional: true}'),
        JOB.replace('name: deploy,', 'name: other,').replace('name: deployer', 'name: database'),
        JOB.replace('name: deploy,', 'name: numbered,').replace('name: deployer', 'name: deployer-2'),
        JOB.replace('name: deploy, namespace: team-a', 'name: elsewhere, namespace: team-b').replace(
          'deployer',
          'deplyer',
        ),
      ].join('---\n'),
    },
  },
  'a volume and a pull secret by slips of the pen': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'pod.yaml': POD('deploier', 'depolyer') },
    mended: { 'pod.yaml': `${POD('deployers', 'deployers')}---\n${CERTIFICATE}` },
    count: 2,
  },
  'a key that a Secret lacks': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'job.yaml': JOB_OF_KEY('key: AWS_ACCESS_KEY_ID') },
    mended: {
      'job.yaml': [
        JOB_OF_KEY('key: expiration'),
        JOB_OF_KEY('key: AWS_ACCESS_KEY_ID, optional: true'),
        JOB_OF_KEY('key: AWS_ACCESS_KEY_ID').replace('{name: deployer', '{name: database'),
        JOB_OF_KEY('key: AWS_ACCESS_KEY_ID').replace('namespace: team-a', 'namespace: team-b'),
      ].join('---\n'),
      'secret.yaml': SECRET.replace('name: keys, namespace: team-a', 'name: deployer, namespace: team-b'),
    },
  },
  'a key that a Secret lacks, of a variable that may be absent': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'job.yaml': JOB_OF_KEY('key: AWS_ACCESS_KEY_ID, optional: true') },
    mended: { 'job.yaml': JOB_OF_KEY('key: access_key_id, optional: true') },
  },
  'a file of a volume that a Secret lacks': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: {
      ...PACKAGE,
      'pod.yaml': POD('deployer, items: [{key: expiration, path: a}, {key: credentials, path: b}]', 'login'),
    },
    mended: { 'pod.yaml': POD('deployer, items: [{key: expiration, path: a}]', 'login') },
  },
  'a key of a secretRef that a Secret lacks': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'provider.yaml': PROVIDER('creds') },
    mended: { 'provider.yaml': PROVIDER('access_key_id') },
  },
  'a workload without the session token': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'job.yaml': WITH_KEYS('access_key_id', 'secret_access_key') },
    mended: {
      'job.yaml': [
        WITH_KEYS('access_key_id', 'secret_access_key', 'session_token'),
        WITH_KEYS('access_key_id').replace('env: [', 'envFrom: [{secretRef: {name: other}}], env: ['),
        WITH_KEYS('access_key_id').replaceAll('AWS_', 'TF_VAR_'),
      ].join('---\n'),
    },
  },
  'a variable with another key of a Secret': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'job.yaml': WITH_KEYS('access_key_id', 'session_token', 'session_token') },
    mended: { 'job.yaml': WITH_KEYS('access_key_id', 'secret_access_key', 'session_token') },
  },
  'variables that no SDK reads': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'job.yaml': JOB.replace('prefix: K_, ', '') },
    mended: {
      'job.yaml': [
        JOB,
        JOB.replace('prefix: K_, ', '').replace('envFrom', 'args: [--key, $(access_key_id)], envFrom'),
        JOB.replace('prefix: K_, ', '').replace('deployer}}]', 'deployer}}, {configMapRef: {name: a}}]'),
      ].join('---\n'),
    },
  },
  'a workload that names the generator of an ExternalSecret': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'secret.yaml': CONSUMER, 'job.yaml': JOB },
    mended: { 'job.yaml': JOB.replace('{name: deployer}}]', '{name: app}}]') },
  },
  'a key that the Secret of one overlay lacks': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: {
      ...{ 'base/kustomization.yaml': 'resources: [job.yaml]\n', 'base/job.yaml': READING_ENV },
      ...overlay('dev', 'sessions: [{secrets: [{format: env}]}]\n'),
      ...overlay('prod', ''),
    },
    mended: {
      'prod/kustomization.yaml': 'namespace: team-prod\nresources: [other.yaml]\ngenerators: [sts.yaml]\n',
      'prod/other.yaml': VALUES,
    },
  },
  'a key that a template leaves out': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: {
      ...PACKAGE,
      'secret.yaml': TEMPLATED('data: {a: "{{ .access_key_id }}"}'),
      'job.yaml': JOB_OF_KEY('key: b').replace('{name: deployer', '{name: app'),
    },
    mended: {
      'secret.yaml': TEMPLATED('data: {b: "{{ .access_key_id }}"}'),
    },
  },
  'a pull secret of another type': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'pod.yaml': POD('database', 'deployer') },
    mended: {
      Kptfile: kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
      'options.yaml': `${INPUT}sessions: [{match: {kinds: [ECRAuthorizationToken]}, secrets: [{format: dockerConfigJson}]}]\n`,
      'spec.yaml': PACKAGE['spec.yaml'].replace('STSAssumeRoleToken', 'ECRAuthorizationToken'),
    },
  },
  'a Secret under the name of who asks for it': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    count: 2,
    files: {
      ...PACKAGE,
      'secret.yaml': CONSUMER.replace('target: {name: app}', 'target: {name: session}'),
      'job.yaml': `${JOB}---\n${JOB.replace('name: deployer', 'name: app')}`,
    },
    mended: {
      'job.yaml': JOB.replace('name: deployer', 'name: session'),
      'made.yaml': CERTIFICATE.replace('deployers', 'app'),
      'other.yaml': JOB.replace('name: deployer', 'name: app'),
      'elsewhere.yaml': JOB.replace('namespace: team-a', 'namespace: team-b'),
    },
  },
  'a Deployment that mounts a part of a Secret': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, 'web.yaml': DEPLOYED('', ', subPath: session_token') },
    mended: { 'web.yaml': DEPLOYED('', '') },
  },
  'what reads a Secret of an overlay that gives its namespace': {
    code: 'REFRESHED_TOO_LATE',
    count: 2,
    files: {
      ...{ ...TRANSFORMERS, 'kustomization.yaml': `namespace: team-b\n${WITH_BASE}` },
      'spec.yaml': spec().replace('namespace: team-a, ', ''),
      'base/kustomization.yaml': 'resources: [secret.yaml, job.yaml, web.yaml]\n',
      'base/secret.yaml': `---\n${CONSUMER.replace(', namespace: team-a', '').replace('target: {name: app}', 'target: {name: session}')}`,
      'base/job.yaml': JOB.replace(', namespace: team-a', '').replace('name: deployer', 'name: app'),
      'base/web.yaml': DEPLOYED('', ', subPath: session_token')
        .replace(', namespace: team-a', '')
        .replace('name: deployer', 'name: session'),
    },
    mended: {
      'other/made.yaml': `${CERTIFICATE.replace('deployers', 'app')}---\n${CERTIFICATE.replace('deployers', 'session')}`,
    },
  },
  'a Deployment with a session among its variables': {
    code: 'REFRESHED_TOO_LATE',
    files: { ...PACKAGE, 'web.yaml': DEPLOYED('', '', ', envFrom: [{prefix: K_, secretRef: {name: deployer}}]') },
    mended: {
      'web.yaml': DEPLOYED(
        'reloader.stakater.com/auto: "true"',
        '',
        ', envFrom: [{prefix: K_, secretRef: {name: deployer}}]',
      ),
    },
  },
  'a Secret of another namespace': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'job.yaml': JOB.replace('namespace: team-a', 'namespace: team-b') },
    mended: {
      'job.yaml': [
        JOB.replace('name: deploy, namespace: team-a', 'name: nowhere'),
        JOB.replace('namespace: team-a', 'namespace: team-c'),
      ].join('---\n'),
      'made.yaml': CERTIFICATE.replaceAll('team-a', 'team-c').replace('deployers', 'deployer'),
    },
  },
  'a Secret that a SealedSecret makes too': {
    code: 'TARGET_CONFLICT',
    severity: 'warning',
    files: { ...PACKAGE, 'sealed.yaml': SEALED('deployer') },
    mended: { 'sealed.yaml': `${SEALED('other')}---\n${SEALED('deployer').replace('team-a', 'team-b')}` },
  },
  'a Secret that a base has as a SealedSecret': {
    code: 'TARGET_CONFLICT',
    severity: 'warning',
    files: {
      ...{ 'base/kustomization.yaml': 'resources: [sealed.yaml]\n', 'base/sealed.yaml': SEALED('deployer') },
      ...{ 'app/kustomization.yaml': 'resources: [../base]\ngenerators: [spec.yaml]\n', 'app/spec.yaml': spec(EXEC) },
    },
    mended: {
      'base/kustomization.yaml': 'namePrefix: p-\nresources: [sealed.yaml]\n',
      'other/kustomization.yaml': 'namespace: team-b\nresources: [../base]\ngenerators: [spec.yaml]\n',
      'other/spec.yaml': spec(EXEC),
      'live/sealed.yaml': SEALED('deployer'),
    },
  },
  'a Secret that an ExternalSecret of a store makes too': {
    code: 'TARGET_CONFLICT',
    severity: 'warning',
    files: { ...PACKAGE, 'store.yaml': STORED('target: {name: deployer}') },
    mended: {
      'store.yaml': STORED('target: {name: deployer, creationPolicy: Merge}'),
      'none.yaml': STORED('target: {name: deployer, creationPolicy: None}').replace('name: stored', 'name: none'),
      'own.yaml': STORED('target: {}').replace('name: stored', 'name: own'),
    },
  },
  'variables that Flux replaces': {
    code: 'VALUE_MISSING',
    severity: 'warning',
    files: {
      ...PACKED,
      'flux.yaml': SUBSTITUTING('')
        .replace('path: other', 'path: packed')
        .replace('substituteFrom: []', 'substitute: {cluster: prod}'),
    },
    mended: {
      'packed/kustomization.yaml': `${PACKED['packed/kustomization.yaml']}generatorOptions: {annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\n`,
    },
  },
  'variables in a ConfigMap that Flux replaces': {
    code: 'VALUE_MISSING',
    severity: 'warning',
    files: {
      ...PACKAGE,
      'packed/map.yaml': IN_CONFIG_MAP(NAMING),
      'flux.yaml': SUBSTITUTING('{kind: ConfigMap, name: settings}').replace('path: other', 'path: ./packed'),
    },
    mended: {
      'packed/map.yaml': IN_CONFIG_MAP(NAMING.replace('${', '$$$${')),
      'other/map.yaml': IN_CONFIG_MAP(NAMING),
      'packed/named.yaml': IN_CONFIG_MAP(NAMING.replace('name}', 'cluster}')),
    },
  },
  'a grant that never counts': {
    code: 'POLICY_UNUSED',
    files: { ...PACKAGE, '.policy.yaml': GRANTING(WIDE, NARROW), ...NO_OBJECTS },
    environment: { STS_FUNCTION_POLICY: 'DIR/.policy.yaml' },
    mended: { '.policy.yaml': GRANTING(NARROW, WIDE) },
  },
  'a PushSecret that names a generator by a slip of the pen': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'push.yaml': PUSH('STSAssumeRoleToken', 'deplyer') },
    mended: { 'push.yaml': PUSH('Password', 'deplyer') },
  },
  'a PushSecret that names the begin of a generator': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...PACKAGE, 'push.yaml': PUSH('STSAssumeRoleToken', 'deploy') },
    mended: { 'push.yaml': PUSH('Password', 'deploy') },
  },
  'values of Helm and variables of Flux by slips of the pen': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: {
      ...PACKAGE,
      'release.yaml': RELEASE('{kind: Secret, name: deplyer}'),
      'flux.yaml': SUBSTITUTING('{kind: Secret, name: depoyer}'),
    },
    mended: {
      'release.yaml': RELEASE('{kind: ConfigMap, name: deplyer}, {kind: Secret, name: deployer}'),
      'flux.yaml': SUBSTITUTING('{kind: Secret, name: depoyer, optional: true}'),
    },
    count: 2,
  },
  'a replacement for a generator by a slip of the pen': {
    code: 'PATCH_UNUSED',
    files: {
      ...TRANSFORMERS,
      'values.yaml': VALUES,
      'kustomization.yaml': REPLACING('deplyer'),
    },
    mended: {
      'kustomization.yaml': REPLACING('deployer|other'),
      'renamed/values.yaml': VALUES,
      'renamed/kustomization.yaml': `namePrefix: p-\n${REPLACING('p-values')}`
        .replace('spec.yaml, ', '')
        .replace('transformers: [options.yaml]', 'generators: [spec.yaml]')
        .replace('STSAssumeRoleToken', 'ConfigMap'),
      'renamed/spec.yaml': spec(EXEC),
    },
  },
  'a patch for a generator by another name, or by a part of its kind': {
    code: 'PATCH_UNUSED',
    files: {
      ...TRANSFORMERS,
      'kustomization.yaml': `resources: [spec.yaml]\ntransformers: [options.yaml]\n${PATCHING_ROLE.replace('deployer', 'deploy')}`,
      'prod/kustomization.yaml': `resources: [spec.yaml]\ntransformers: [options.yaml]\n${PATCHING_ROLE.replace('AssumeRoleToken', 'AssumeRole')}`,
      'prod/spec.yaml': spec(),
      'prod/options.yaml': INPUT,
    },
    mended: {
      'kustomization.yaml': `resources: [spec.yaml]\ntransformers: [options.yaml]\n${PATCHING_ROLE.replace('deployer', 'deploy.*')}`,
      'part/kustomization.yaml': `kind: Component\n${PATCHING_ROLE.replace('deployer', 'deploy')}`,
      'prod/kustomization.yaml': `resources: [spec.yaml]\ntransformers: [options.yaml]\ncomponents: [../part]\n${PATCHING_ROLE}`,
    },
    count: 2,
  },
  'a patch for a generator that a base has started': {
    code: 'PATCH_UNUSED',
    files: {
      ...BASE_WITH_TRANSFORMER,
      'prod/kustomization.yaml': `resources: [../base]\n${PATCHING_ROLE}`,
    },
    mended: {
      'base/kustomization.yaml': 'resources: [spec.yaml]\n',
      'prod/options.yaml': INPUT,
      'prod/kustomization.yaml': `resources: [../base]\ntransformers: [options.yaml]\n${PATCHING_ROLE}`,
    },
  },
  'a patch for a Secret by a slip of the pen': {
    code: 'REFERENCE_MISSING',
    severity: 'warning',
    files: { ...GENERATORS, 'app/kustomization.yaml': PATCHING('deplyer') },
    mended: {
      'app/kustomization.yaml': PATCHING('deploye.'),
      'prod/kustomization.yaml': `resources: [../app]\nnamePrefix: a\n${PATCHING('deployer').replace('generators: [spec.yaml]\n', '')}`,
      'live/kustomization.yaml': `resources: [../prod]\nnamePrefix: b\n${PATCHING('adeployer').replace('generators: [spec.yaml]\n', '')}`,
    },
  },
  'a variable of a script that is nearly ours': {
    code: 'SETTING_UNKNOWN',
    files: { ...PACKAGE, 'build.sh': 'STS_FUNCTION_MDOE=plan kpt fn render --allow-exec -o unwrap\n' },
    mended: {
      'build.sh':
        'export STS_FUNCTION_HOST=1 AWS_SQS_ENDPOINT=2\nSTS_FUNCTION_MODE=plan kpt fn render --allow-exec -o unwrap\n',
    },
  },
  'a secret of CI for the path of a key': {
    code: 'SETTING_INVALID',
    files: {
      ...PACKAGE,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': `env: {SOPS_AGE_KEY_FILE: "\${{ secrets.KEY }}"}\n${rendering(PIPED, 'push', BASH)}`,
    },
    mended: {
      '.github/workflows/ci.yaml': `env: {SOPS_AGE_KEY: "\${{ secrets.KEY }}"}\n${rendering(PIPED, 'push', BASH)}`,
    },
  },
  'a variable of a workflow that is nearly ours': {
    code: 'SETTING_UNKNOWN',
    files: {
      ...PACKAGE,
      ...NO_OBJECTS,
      '.github/workflows/ci.yaml': `env: {STS_FUNCTION_POLCY: /etc/policy.yaml}\n${rendering(PIPED, 'push', BASH)}`,
    },
    mended: {
      '.github/workflows/ci.yaml': `env: {STS_FUNCTION_OUTPUT: stream}\n${rendering(PIPED, 'push', BASH)}`,
    },
  },
};

const MADE = 'secretGenerator: [{name: keys, literals: [a=A, b=B]}]\n';
const TRANSFORMED = 'resources: [spec.yaml]\ntransformers: [options.yaml]\n';
const PATCH = JSON.stringify(
  ['accessKeyIDSecretRef', 'secretAccessKeySecretRef'].map((field) => ({
    op: 'replace',
    path: `/spec/auth/secretRef/${field}/name`,
    value: 'p-keys',
  })),
);
const SPEC_WITH_KEYS = { 'spec.yaml': spec('', KEYS), 'options.yaml': INPUT };

const IN_FOLDER = { 'a/Kptfile': PACKAGE.Kptfile, 'a/spec.yaml': PACKAGE['spec.yaml'] };
const ELSEWHERE = JOB.replace('namespace: team-a', 'namespace: team-b');
const LACKING = JOB_OF_KEY('key: AWS_ACCESS_KEY_ID');

/** Secrets that others may make, move or change: there is nothing to find for `doctor`. */
export const UNSURE_SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a kustomization moves what reads it': {
    ...IN_FOLDER,
    'b/job.yaml': ELSEWHERE,
    'b/kustomization.yaml': 'namespace: team-a\nresources: [job.yaml]\n',
  },
  'another program may copy it': {
    'a/Kptfile': kptfile('exec: function-sts-assume-role, configPath: options.yaml'),
    'a/options.yaml': `${INPUT}sessions: [{secrets: [{annotations: {example.org/copy: team-b}}]}]\n`,
    'a/spec.yaml': PACKAGE['spec.yaml'],
    'b/job.yaml': ELSEWHERE,
  },
  'a patch adds a key': {
    ...GENERATORS,
    'app/kustomization.yaml':
      'generators: [spec.yaml]\npatches: [{target: {kind: Secret}, patch: "- {op: add, path: /data/AWS_ACCESS_KEY_ID, value: QQ==}"}]\n',
    'b/job.yaml': LACKING,
  },
  'another function changes it': {
    'a/Kptfile': kptfile().replace(/\n$/, '\n  - {image: "example.org/keys:v1"}\n'),
    'a/spec.yaml': PACKAGE['spec.yaml'],
    'b/job.yaml': LACKING,
  },
};

/** Kustomizations whose transformer finds the keys that a spec names: there is nothing to find for `doctor`. */
export const FOUND_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'made by the kustomization': {
    ...SPEC_WITH_KEYS,
    'kustomization.yaml': `${TRANSFORMED}namespace: team-a\n${MADE}generatorOptions: {disableNameSuffixHash: true}\n`,
  },
  'made by the kustomization, with a hash': {
    ...SPEC_WITH_KEYS,
    'kustomization.yaml': `${TRANSFORMED}${MADE.replace('literals', 'namespace: team-a, literals')}`,
  },
  'made by a base': {
    ...SPEC_WITH_KEYS,
    'base/kustomization.yaml': `namespace: team-a\n${MADE}`,
    'kustomization.yaml': TRANSFORMED.replace('[', '[base, '),
  },
  'with the namespace of the kustomization': {
    ...SPEC_WITH_KEYS,
    'keys.yaml': SECRET.replace(', namespace: team-a', ''),
    'kustomization.yaml': `${TRANSFORMED.replace('[', '[keys.yaml, ')}namespace: team-a\n`,
  },
  'with another namespace, which the kustomization changes': {
    ...SPEC_WITH_KEYS,
    'keys.yaml': SECRET.replace('team-a', 'team-b'),
    'kustomization.yaml': `${TRANSFORMED.replace('[', '[keys.yaml, ')}namespace: team-c\n`,
  },
  'named in the spec as a prefix makes it': {
    'base/kustomization.yaml': 'resources: [keys.yaml]\nnamePrefix: ke\n',
    'base/keys.yaml': SECRET.replace('name: keys', 'name: ys'),
    ...SPEC_WITH_KEYS,
    'kustomization.yaml': TRANSFORMED.replace('[', '[base, '),
  },
  'named in the spec by a patch': {
    'base/kustomization.yaml': RENAMED_KEYS['base/kustomization.yaml'],
    'base/spec.yaml': RENAMED_KEYS['base/spec.yaml'],
    'base/keys.yaml': SECRET,
    'options.yaml': INPUT,
    'app/kustomization.yaml': `resources: [../base]\nnamePrefix: p-\n`,
    'kustomization.yaml': `resources: [app]\ntransformers: [options.yaml]\npatches: [{target: {kind: STSAssumeRoleToken}, patch: '${PATCH}'}]\n`,
  },
};

/** A folder in which there is nothing to find. */
export const NOTHING: DoctorFault = { code: '', files: PACKAGE, count: 0 };

/** Puts an executable of somebody, which is never started, into a folder. */
export function putExecutable(folder: string, [path, mode]: readonly [string, number], text = '#!/bin/false\n'): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

/** What is found on PATH is the function; variables of this machine that say it is shared are not set. */
const DOCTOR_ENVIRONMENT = { PATH: `${dirname(EXECUTABLE)}:${CLEAN_ENVIRONMENT.PATH}` };

/** What `doctor` says: its findings, a line each, and what it counted, both on standard output. */
export interface Diagnosis extends Pick<Ended, 'exit' | 'stderr'> {
  readonly findings: string;
  readonly summary: string;
}

/** Runs `doctor` in a folder as the fault has it, or in the mended one; the folder is DIR in what it says, that of the function PROGRAMS. */
/** What another team has in the same repository, which has nothing to do with this function: each fault is found beside it too. */
export const OF_ANOTHER_TEAM = {
  'shop/kustomization.yaml':
    'resources: [deployment.yaml]\nnamespace: shop\nnamePrefix: shop-\nlabels: [{pairs: {team: shop}}]\npatches: [{path: containers.yaml}]\n',
  'shop/deployment.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: "example.org/web:1"}]}}}\n',
  'shop/containers.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: web}}}\n',
  'shop/sync.yaml':
    'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shop, namespace: flux-system}\nspec: {path: ./shop, prune: true, interval: 1h, sourceRef: {kind: GitRepository, name: shop}}\n',
};

export async function runDoctor(fault: DoctorFault, isMended = false): Promise<Diagnosis> {
  const { mended = {}, mendedEnvironment, executable, mendedExecutable = executable, behind = [] } = fault;
  const files = Object.entries({ ...fault.files, ...(isMended ? mended : {}) });
  using folder = temporaryFolder(
    Object.fromEntries(files.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))),
  );
  const placed = isMended ? mendedExecutable : executable;
  if (placed !== undefined) putExecutable(folder.path, placed);
  const chosen = isMended ? (mendedEnvironment ?? fault.environment) : fault.environment;
  const environment = Object.entries({ ...DOCTOR_ENVIRONMENT, ...chosen }).map(([name, value]) => [
    name,
    value.replace('DIR', folder.path),
  ]);
  const argv = ['doctor', folder.path, ...behind];
  const run = behind.includes('--online') ? runFunction : runInProcess;
  const ended = await run('', { arguments: argv, environment: Object.fromEntries(environment) });
  const shown = (text: string) => text.replaceAll(folder.path, 'DIR').replaceAll(dirname(EXECUTABLE), 'PROGRAMS');
  const [, findings = '', summary = ''] =
    /^((?:(?:error|warning|info): .*\n)*)([\s\S]*)$/.exec(shown(ended.stdout)) ?? [];
  return { exit: ended.exit, findings, summary, stderr: shown(ended.stderr) };
}

import { functionAnnotation, generator } from './manifests.ts';

/**
 * Trees in the shapes of public GitOps repositories, with specs of ours in a few places. The shapes are theirs (where things stand, and
 * which kinds there are), the text is not.
 */
export interface Shape {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Folders that a host renders. */
  readonly kpt: readonly string[];
  readonly kustomize: readonly string[];
  /** Secrets that `render` alone makes, of specs in no pipeline. */
  readonly loose: readonly string[];
}

const EXEC = functionAnnotation();

const spec = (name: string, namespace: string, annotations?: Record<string, string>) =>
  generator({ name, namespace, ...(annotations && { annotations }) });

const object = (apiVersion: string, kind: string, name: string, rest = '') =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${rest}`;
const list = (field: string, names: readonly string[]) => `${field}:\n${names.map((name) => `- ${name}\n`).join('')}`;
const kustomization = (resources: readonly string[], rest = '') =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${list('resources', resources)}${rest}`;
const flux = (name: string, path: string) =>
  object(
    'kustomize.toolkit.fluxcd.io/v1',
    'Kustomization',
    name,
    `  namespace: flux-system\nspec:\n  path: ${path}\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n`,
  );
const release = (name: string, values: string) =>
  object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', name, `spec:\n  interval: 1h\n  values:\n    ${values}\n`);

/** As fluxcd/flux2-kustomize-helm-example: clusters, infrastructure, and apps with a base and overlays that patch HelmReleases. */
const fluxShape: Shape = {
  name: 'clusters, infrastructure and apps of Flux',
  files: {
    ...Object.fromEntries(
      ['staging', 'production'].flatMap((cluster) => [
        [`clusters/${cluster}/apps.yaml`, flux('apps', `./apps/${cluster}`)],
        [`clusters/${cluster}/infrastructure.yaml`, flux('infra-configs', './infrastructure/configs')],
        [`apps/${cluster}/web-values.yaml`, release('web', `hosts: [web.${cluster}.example.org]`)],
      ]),
    ),
    'apps/base/web/kustomization.yaml': kustomization(['namespace.yaml', 'release.yaml'], 'namespace: web\n'),
    'apps/base/web/namespace.yaml': object('v1', 'Namespace', 'web'),
    'apps/base/web/release.yaml': release('web', 'replicas: 1'),
    'apps/staging/kustomization.yaml': kustomization(
      ['../base/web'],
      'patches:\n- path: web-values.yaml\n  target: {kind: HelmRelease}\n',
    ),
    'apps/production/kustomization.yaml': kustomization(
      ['../base/web'],
      `${list('generators', ['deployer.yaml'])}patches:\n- path: web-values.yaml\n  target: {kind: HelmRelease}\n`,
    ),
    'apps/production/deployer.yaml': spec('deployer', 'web', EXEC),
    'infrastructure/configs/kustomization.yaml': kustomization(['issuers.yaml']),
    'infrastructure/configs/issuers.yaml': object('cert-manager.io/v1', 'ClusterIssuer', 'letsencrypt', 'spec: {}\n'),
    'scripts/validate.sh':
      '#!/usr/bin/env bash\nset -o errexit\nflags=("--load-restrictor=LoadRestrictionsNone")\nfind . -name kustomization.yaml -print0 | while IFS= read -r -d $\'\\0\' file; do\n  kustomize build "${file/%kustomization.yaml}" "${flags[@]}" | kubeconform\ndone\n',
  },
  kpt: [],
  kustomize: ['apps/production', 'apps/staging', 'infrastructure/configs'],
  loose: [],
};

const kptfile = (name: string, steps: readonly string[]) =>
  object(
    'kpt.dev/v1',
    'Kptfile',
    name,
    `  annotations:\n    config.kubernetes.io/local-config: "true"\npipeline:\n  mutators:\n${steps.map((step) => `  - ${step}\n`).join('')}`,
  );
const context = (name: string) =>
  object(
    'v1',
    'ConfigMap',
    'kptfile.kpt.dev',
    `  annotations:\n    config.kubernetes.io/local-config: "true"\ndata:\n  name: ${name}\n`,
  );
const CATALOGUE = 'ghcr.io/kptdev/krm-functions-catalog';
const SETTERS = `image: ${CATALOGUE}/apply-setters:v0.2\n    configMap:\n      account: "123456789012"\n      env: prod`;
const NAMESPACE = `image: ${CATALOGUE}/set-namespace:v0.4\n    configPath: package-context.yaml`;
const OURS = 'exec: function-sts-assume-role';

/** As kpt's package-examples and nephio's catalogue: packages in packages, with setters and a namespace by the package's name. */
const kptShape: Shape = {
  name: 'packages of kpt and nephio',
  files: {
    'platform/Kptfile': kptfile('platform', [
      `image: ${CATALOGUE}/set-labels:v0.2\n    configMap:\n      tier: prod`,
      SETTERS,
      OURS,
    ]),
    'platform/package-context.yaml': context('platform'),
    'platform/deployer.yaml': spec('deployer', 'platform').replace(
      /role: .*/,
      'role: arn:aws:iam::123456789012:role/deployer # kpt-set: arn:aws:iam::${account}:role/deployer',
    ),
    'platform/network/Kptfile': kptfile('network', [NAMESPACE]),
    'platform/network/package-context.yaml': context('network'),
    'platform/network/audit.yaml': spec('audit', 'network'),
    'platform/network/policy.yaml': object('networking.k8s.io/v1', 'NetworkPolicy', 'deny', '  namespace: network\n'),
    'workloads/upf/Kptfile': kptfile('upf', [NAMESPACE, OURS]),
    'workloads/upf/package-context.yaml': context('upf'),
    'workloads/upf/session.yaml': spec('session', 'upf'),
    'workloads/upf/capacity.yaml': object(
      'req.nephio.org/v1alpha1',
      'Capacity',
      'dataplane',
      'spec: {maxUplinkThroughput: 1G}\n',
    ),
    'catalog/README.md': '# Packages\n',
  },
  kpt: ['platform', 'workloads/upf'],
  kustomize: [],
  loose: [],
};

const application = (name: string, source: string) =>
  object(
    'argoproj.io/v1alpha1',
    'Application',
    name,
    `  namespace: argocd\nspec:\n  source: {repoURL: "https://example.org/apps.git", ${source}}\n`,
  );

/** As argoproj/argocd-example-apps and the home-ops repositories: Applications, charts with templates, ExternalSecrets of other stores. */
const argoShape: Shape = {
  name: 'applications of Argo CD, and a home cluster',
  files: {
    'apps/Chart.yaml': 'apiVersion: v2\nname: apps\nversion: 1.0.0\n',
    'apps/templates/web.yaml':
      '{{- range .Values.apps }}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {{ .name }}\n{{- end }}\n',
    'apps/values.yaml': 'apps:\n- name: web\n',
    'argocd/web.yaml': application('web', 'path: web'),
    'argocd/chart.yaml': application('chart', 'chart: web, targetRevision: 1.2.3'),
    'web/kustomization.yaml': kustomization(['deployment.yaml', 'external-secret.yaml'], 'namePrefix: web-\n'),
    'web/deployment.yaml': object('apps/v1', 'Deployment', 'ui', 'spec: {selector: {}, template: {}}\n'),
    'web/external-secret.yaml': object(
      'external-secrets.io/v1',
      'ExternalSecret',
      'ui',
      'spec:\n  secretStoreRef: {kind: ClusterSecretStore, name: onepassword}\n  target: {name: ui}\n  dataFrom:\n  - extract: {key: ui}\n',
    ),
    'kubernetes/apps/tools/backup/ks.yaml': flux('backup', './kubernetes/apps/tools/backup/app').replace(
      'prune: true',
      'prune: true\n  postBuild: {substitute: {APP: backup}}',
    ),
    'kubernetes/apps/tools/backup/app/kustomization.yaml': kustomization(['helmrelease.yaml', 'pvc.yaml']),
    'kubernetes/apps/tools/backup/app/helmrelease.yaml': release('backup', 'schedule: "@daily"'),
    'kubernetes/apps/tools/backup/app/pvc.yaml': object('v1', 'PersistentVolumeClaim', '${APP}', 'spec: {}\n'),
    'ci/session/kustomization.yaml': kustomization(['namespace.yaml'], list('generators', ['session.yaml'])),
    'ci/session/namespace.yaml': object('v1', 'Namespace', 'ci'),
    'ci/session/session.yaml': spec('session', 'ci', EXEC),
    'bootstrap/aws.yaml': spec('bootstrap', 'flux-system'),
    'bootstrap/secrets.yaml.tpl': 'password: {{ op://vault/item }}\n',
    '.github/workflows/build.yaml':
      'on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n    - run: kustomize build --enable-alpha-plugins --enable-exec ci/session | kubectl apply -f -\n',
  },
  kpt: [],
  kustomize: ['ci/session', 'web'],
  loose: ['flux-system/bootstrap'],
};

export const PUBLIC_SHAPES: readonly Shape[] = [fluxShape, kptShape, argoShape];

import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { PROGRAM } from '../model/kinds.ts';
import { join } from '../model/paths.ts';
import { listAt, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import type { ServeOptions } from '../model/tasks.ts';
import type { Environment } from '../model/world.ts';
import { checkRole, ROLE } from './check-accounts.ts';
import { checkMounted, type MountedText, mountedAt } from './check-mounted.ts';
import type { FoundObject, Survey } from './survey.ts';

/** Where a runtime has the metadata of its ServiceAccount. */
export const ACCOUNT = ['spec', 'serviceAccountTemplate', 'metadata'];
const POD = ['spec', 'deploymentTemplate', 'spec', 'template', 'spec'];
/** The container of a function's pod (crossplane/crossplane, v2.3.4, internal/controller/pkg/runtime/runtime.go). */
const CONTAINER = 'package-runtime';
/** So many containers of so many runtimes of one name are judged; Kubernetes has one of each name. */
const MOST = 20;
const CERTIFICATES = { TLS_SERVER_CERTS_DIR: '/tls/server' };
const POLICY = 'STS_FUNCTION_POLICY';
const MODE = 'STS_FUNCTION_MODE';

/** What the program's arguments select, for a container that starts it. */
export type ReadArguments = (
  argv: readonly string[],
  environment: Environment,
) =>
  | { readonly use: 'wrongUsage'; readonly message: string }
  | { readonly use: 'serve'; readonly options: Pick<ServeOptions, 'certificates' | 'policy'> }
  | { readonly use: 'krm' | 'plugin' | 'print' | 'explain' | 'files' | 'install' | 'doctor' | 'status' };

/** Checks the ServiceAccount, the container's name, its arguments, and where its Policy comes from. Of several some are patches of one. */
export function checkRuntimes(
  configs: readonly FoundObject[],
  readArguments: ReadArguments,
  survey: Survey,
): Finding[] {
  const mounts = mountsOf(configs);
  return configs.slice(0, MOST).flatMap((config) => [
    ...checkAccount(config),
    ...listAt(config.value, [...POD, 'containers'])
      .slice(0, MOST)
      .flatMap((container, position) => {
        const at = `${POD.join('.')}.containers[${position}]`;
        const name = textAt(container, ['name']) ?? '';
        if (name === CONTAINER) return checkContainer(config, { container, at, mounts, readArguments, survey });
        if (valueAt(container, ['image']) !== undefined) return []; // one beside it
        const cause = `container ${quote(name)} has no image, and the one that Crossplane starts is ${quote(CONTAINER)}`;
        return [inManifest(config, `${at}.name`, cause, 'Correct the name')];
      }),
  ]);
}

function mountsOf(configs: readonly FoundObject[]): Container['mounts'] {
  const volumes = configs.flatMap((config) =>
    listAt(config.value, [...POD, 'volumes']).map((value, index): Volume => ({ config, value, index })),
  );
  const byName = new Map(volumes.toReversed().map((volume) => [textAt(volume.value, ['name']), volume])); // the first counts
  const mounts = new Set(serversOf(configs).flatMap((container) => listAt(container, ['volumeMounts'])));
  return [...mounts].flatMap((mount) => {
    const path = textAt(mount, ['mountPath']);
    const isPart = ['subPath', 'subPathExpr'].some((field) => textAt(mount, [field]));
    return path === undefined ? [] : [{ folder: join(path, '/'), isPart, volume: byName.get(textAt(mount, ['name'])) }];
  });
}

/** Each once, which aliases may repeat. */
function serversOf(configs: readonly FoundObject[]): readonly unknown[] {
  const containers = new Set(configs.flatMap(({ value }) => listAt(value, [...POD, 'containers'])));
  return [...containers].filter((container) => textAt(container, ['name']) === CONTAINER);
}

/** The Policies that the servers of these runtimes mount, where a file shows them. */
export function mountedPolicies(
  configs: readonly FoundObject[],
  readArguments: ReadArguments,
  survey: Survey,
): readonly MountedText[] {
  const mounts = mountsOf(configs);
  return serversOf(configs)
    .slice(0, MOST)
    .flatMap((container) => {
      const { policy } = startOf(container, readArguments) ?? {};
      const [mount, another] = policy ? mounts.filter(({ folder }) => policy.startsWith(folder)) : [];
      if (policy === undefined || mount === undefined || another !== undefined) return [];
      const name = mapOf(mount.volume?.value);
      return (name && mountedAt(survey, name, policy.slice(mount.folder.length))) || [];
    });
}

/** The name of the ConfigMap of a volume, with whose keys its files are called. */
function mapOf(volume: unknown): string | undefined {
  return valueAt(volume, ['configMap', 'items']) === undefined ? textAt(volume, ['configMap', 'name']) : undefined;
}

const accountAnnotations = ({ value }: FoundObject) => stringsIn(valueAt(value, [...ACCOUNT, 'annotations']));

/** Other places of annotations, where a role's has no effect. */
const ELSEWHERE = [
  ['metadata', 'annotations'],
  ['spec', 'deploymentTemplate', 'metadata', 'annotations'],
  ['spec', 'deploymentTemplate', 'spec', 'template', 'metadata', 'annotations'],
];

/** A role's trust policy names the ServiceAccount, and the name that Crossplane gives it changes with each version. */
function checkAccount(config: FoundObject): Finding[] {
  const annotations = accountAnnotations(config);
  const misplaced = ELSEWHERE.find((path) => ROLE in stringsIn(valueAt(config.value, path)));
  if (misplaced !== undefined) {
    const cure = `Move it to \`${[...ACCOUNT, 'annotations'].join('.')}\``;
    return [inManifest(config, misplaced.join('.'), `\`${ROLE}\` stands where EKS reads none`, cure)];
  }
  const account = textAt(config.value, [...POD, 'serviceAccountName']);
  const accountName = textAt(config.value, [...ACCOUNT, 'name']);
  if (account !== undefined && accountName !== undefined && account !== accountName) {
    const cause = `its pod runs as ServiceAccount ${quote(account)}, and \`${ACCOUNT.join('.')}\` is that of ${quote(accountName)}`;
    return [inManifest(config, [...POD, 'serviceAccountName'].join('.'), cause, 'Remove the first')];
  }
  const fault = checkRole(annotations);
  if (fault !== undefined)
    return [inManifest(config, [...ACCOUNT, 'annotations', fault.key].join('.'), fault.cause, 'Correct it')];
  if (!(ROLE in annotations) || accountName !== undefined) return [];
  const field = [...ACCOUNT, 'name'].join('.');
  const cause = `its ServiceAccount has an AWS role, but \`${field}\` is not set, so the name changes with each version of the package`;
  return [inManifest(config, field, cause, `Set the name, for example to "${PROGRAM}"`)];
}

interface Container {
  readonly container: unknown;
  readonly at: string;
  /** Folders that are mounted, and their volumes, where these are there. */
  readonly mounts: readonly {
    readonly folder: string;
    readonly isPart: boolean;
    readonly volume: Volume | undefined;
  }[];
  readonly readArguments: ReadArguments;
  readonly survey: Survey;
}

/** A volume, and where it stands. */
type Volume = Readonly<{ config: FoundObject; value: unknown; index: number }>;

/** How a container starts this program, where its manifest shows all of it. */
function startOf(container: unknown, readArguments: ReadArguments) {
  const words = listAt(container, ['args']);
  const texts = words.filter((word) => typeof word === 'string' && !word.includes('$(')); // Kubernetes replaces variables
  if (texts.length < words.length || valueAt(container, ['command']) !== undefined) return undefined;
  const variables = listAt(container, ['env']).map((each) => [
    textAt(each, ['name']) ?? '',
    textAt(each, ['value']) ?? '',
  ]);
  const environment: Environment = { ...CERTIFICATES, ...Object.fromEntries(variables) };
  const read = readArguments(texts as readonly string[], environment);
  return { variables, environment, read, policy: (read.use === 'serve' && read.options.policy) || environment[POLICY] };
}

/** What the server would say of its arguments, and what it would lack. */
function checkContainer(config: FoundObject, { container, at, mounts, readArguments, survey }: Container): Finding[] {
  const start = startOf(container, readArguments);
  if (start === undefined) return [];
  const { variables, environment, read, policy } = start;
  const field = `${at}.args`;
  if (read.use === 'wrongUsage') {
    const cause = read.message.replace('. Did', '; did').replace(/\.?(?: See --help\.)?$/, '');
    return [inManifest(config, field, `it ends at once: ${cause}`, 'Correct `args`')];
  }
  if (read.use !== 'serve') return [inManifest(config, field, '`args` start no server', 'Leave the command out')];
  if (read.options.certificates === undefined) {
    const cause = '`--insecure` serves without TLS, and Crossplane calls with TLS alone';
    return [inManifest(config, field, cause, 'Remove it')];
  }
  const keys = variables.findIndex(([variable]) => variable === 'AWS_ACCESS_KEY_ID');
  if (keys >= 0 && ROLE in accountAnnotations(config)) {
    const cause = 'its ServiceAccount has an AWS role, and the keys of this variable sign in its place';
    return [inManifest(config, `${at}.env[${keys}]`, cause, 'Remove the variable')];
  }
  const mode = variables.findIndex(([variable, value]) => variable === MODE && value && value !== 'mint');
  if (mode >= 0) {
    const cause = `it ends at once: a server in a cluster makes credentials, and \`${MODE}\` is ${quote(environment[MODE] ?? '')}`;
    return [inManifest(config, `${at}.env[${mode}]`, cause, 'Remove it')];
  }
  const around = mounts.filter(({ folder }) => policy?.startsWith(folder) || `${policy}/` === folder);
  if (!policy) return [];
  if (around.some(({ isPart }) => isPart)) {
    const cause = `its Policy is ${quote(policy)}, which \`subPath\` mounts as it is when a pod starts: later changes hold for none`;
    return [
      inManifest(config, field, cause, 'Mount the whole ConfigMap into a folder (examples/crossplane/production)'),
    ];
  }
  const [first, ...others] = around.flatMap(({ folder, volume }) => (volume ? [{ folder, volume }] : []));
  if (first)
    return others.length > 0 ? [] : checkVolume(policy, policy.slice(first.folder.length), first.volume, survey);
  const lack = around.length === 0 ? 'no `volumeMounts` has it' : '`volumes` lacks what is mounted there';
  const cause = `its Policy is ${quote(policy)}, and ${lack}`;
  return [inManifest(config, field, cause, 'Mount it (examples/crossplane/production)')];
}

/** Whether the ConfigMap of a volume has the Policy, as `key`. Not where the volume, or its mount, gives a key another name. */
function checkVolume(policy: string, key: string, { config, value, index }: Volume, survey: Survey): Finding[] {
  const name = mapOf(value);
  if (name === undefined || key === '') return [];
  const [cause, cure] = checkMounted(survey, name, key) ?? [];
  if (cause === undefined || cure === undefined) return [];
  const field = `${POD.join('.')}.volumes[${index}]`;
  return [inManifest(config, field, `its Policy is ${quote(policy)}, and ${cause}`, cure)];
}

/** True for a runtime that names a Policy. */
export function isGuarded(config: FoundObject | undefined): boolean {
  return listAt(config?.value, [...POD, 'containers']).some(
    (container) =>
      listAt(container, ['args']).some((word) => typeof word === 'string' && /^--policy(?:=.|$)/.test(word)) ||
      listAt(container, ['env']).some(
        (variable) => textAt(variable, ['name']) === POLICY && textAt(variable, ['value']) !== '',
      ),
  );
}

/** A fault of an object with which a server, or what calls it, may not work. */
export function inManifest({ object, locationOf }: FoundObject, field: string, cause: string, cure: string): Finding {
  return unreliable(describeObject(object), locationOf(field), cause, cure);
}

export function unreliable(what: string, location: SourceLocation, cause: string, cure: string): Finding {
  const end = cause.endsWith('?') ? '' : '.';
  return finding('RUNTIME_INCOMPLETE', `${what} may not work: ${cause}${end} ${cure}.`, { location });
}

import { quote } from '../findings/quote.ts';
import { asksForSecret, isExternalSecret, isInput, type NamedRef } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { join } from '../model/paths.ts';
import { asText, defined, listAt, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { VARIABLE_NAME } from '../model/schema-parts.ts';
import { configMapsNamed, configMapsOf, mountedTexts } from './check-mounted.ts';
import { fetchesOf } from './check-schedules.ts';
import { POD, type PodStep } from './check-workflows.ts';
import type { FoundObject, Survey } from './survey.ts';

/** So many keys of a ConfigMap, and so much of each list of a pod. */
export const MOST = 100;
/** No more of a list is looked at. */
export const few = <T>(list: readonly T[]) => list.slice(0, MOST);

/** What a CronJob lacks: the field, why, and what to do. */
export type Fault = readonly [field: string, cause: string, cure: string];

/** The commands of a script that apply with the rights of the pod. */
export const appliesIn = (script: string) =>
  script.split(/[\n|;&]/).filter((command) => command.includes('kubectl') && /\bapply\b/.test(command));
/** A place that something else fills in. */
const MARK = /[${]/;

/** What kustomizations do to all objects. */
interface Around {
  readonly survey: Survey;
  /** The files whose objects get another namespace, and those with other names. */
  readonly moved: ReadonlySet<string>;
  readonly renamed: ReadonlySet<string>;
}
export type Pod = ReturnType<typeof podOf>;

/** The pod of a CronJob, the container that renews, and what its volumes have. */
export function podOf(cronJob: FoundObject, { step, script, commands }: PodStep, around: Around) {
  const { survey, moved } = around;
  const { container, field, shell, env } = step;
  const spec = valueAt(cronJob.value, POD.split('.'));
  const isMoved = moved.has(cronJob.file.real);
  const namespace = isMoved ? undefined : cronJob.object.namespace;
  const volumes = few(listAt(spec, ['volumes'])).map((volume) => ({
    name: textAt(volume, ['name']) ?? '',
    configMap: textAt(volume, ['configMap', 'name']),
    isOptional: valueAt(volume, ['configMap', 'optional']) === true,
  }));
  const mounted = new Set(volumes.flatMap(({ configMap = [] }) => configMap));
  const manifests = [...mounted].flatMap((name) => mountedTexts(survey, name, MOST));
  const name = textAt(spec, ['serviceAccountName']) ?? 'default';
  const isPlaced = isMoved || appliesIn(script).some((command) => /\s(?:-n|--namespace)/.test(command));
  const targets = targetsOf(manifests, namespace);
  return {
    ...around,
    ...{ cronJob, spec, field, shell, script, commands, volumes, manifests },
    account: defined({ name, namespace }) satisfies NamedRef,
    /** True where it may act as somebody else, or its names are filled in elsewhere. */
    isUnsure: /kubeconfig/i.test(script) || 'KUBECONFIG' in env || MARK.test(`${name}${namespace}`),
    variables: stringsIn(env),
    /** Undefined where a ConfigMap or Secret may have any. */
    variableNames: listAt(container, ['envFrom']).length > 0 ? undefined : new Set(Object.keys(env)),
    mounts: few(listAt(container, ['volumeMounts'])).map((mount) => ({
      volume: textAt(mount, ['name']) ?? '',
      folder: join(textAt(mount, ['mountPath']) ?? '/', '/'),
      isPart: valueAt(mount, ['subPath']) !== undefined,
    })),
    fetches: fetchesOf({ script }).fetches,
    targets: isPlaced ? targets.map(({ name: target }): Partial<NamedRef> => defined({ name: target })) : targets,
  };
}

/** The Secrets that the manifests in its volumes ask for, or any. */
function targetsOf(manifests: readonly unknown[], podNamespace: string | undefined): readonly Partial<NamedRef>[] {
  const specs = manifests.filter((value) => !isInput(Object(value)));
  const kinds = new Set(specs.map((value) => isExternalSecret(Object(value)))); // whose generator may have no Secret of its own
  const isKnown = kinds.size === 1 && specs.every((value) => asksForSecret(Object(value)));
  if (!isKnown || manifests.length > specs.length) return [{}]; // an Input may give others
  return specs.map((value) => {
    const name = textAt(value, ['spec', 'target', 'name']) ?? textAt(value, ['metadata', 'name']);
    return defined({ name, namespace: textAt(value, ['metadata', 'namespace']) ?? podNamespace });
  });
}

export function checkVolumes({ cronJob, volumes, survey, renamed, moved }: Pod): Fault | undefined {
  const { namespace } = cronJob.object;
  const apart = volumes.findIndex(({ configMap = '' }) => {
    const same = configMapsNamed(survey, configMap);
    const areApart = same.every((each) => each.isHashed && each.namespace === undefined && !moved.has(each.file.real));
    return same.length > 0 && namespace !== undefined && areApart;
  });
  if (apart >= 0)
    return [
      `${POD}.volumes[${apart}]`,
      `kustomize gives ConfigMap ${quote(volumes[apart]?.configMap ?? '')} a hash and no namespace, so that this name is not changed with it`,
      `Give it \`namespace: ${namespace}\``,
    ];
  const isAbsent = (name: string) => configMapsNamed(survey, name).length === 0;
  const index = volumes.findIndex(({ configMap, isOptional }) => configMap && !isOptional && isAbsent(configMap));
  const absent = volumes[index]?.configMap ?? '';
  const isNear = (name: string) => isSlip(absent, name) || (absent.length > 4 && name.startsWith(absent));
  const near = few(configMapsOf(survey)).find(({ name }) => isNear(name));
  if (near === undefined || [cronJob, near].some(({ file }) => renamed.has(file.real))) return undefined;
  const cause = `ConfigMap ${quote(absent)} is not here; did you mean ${quote(near.name)}?`;
  return [`${POD}.volumes[${index}]`, cause, 'Correct it'];
}

/** Of images that say nothing else. */
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where an init container installs the function into a volume, the other has to find it there. */
export function checkProgram(pod: Pod): Fault | undefined {
  const { spec, mounts, variables, variableNames, volumes, field, commands, script } = pod;
  const linking = new Set(volumes.flatMap(({ name, configMap }) => (configMap === undefined ? [] : name)));
  const renders = commands.filter(({ program }) => program === 'function-sts-assume-role render');
  const folders = new Set(few(renders).flatMap(({ words }) => few(words).map((word) => join(word, '/'))));
  const linked = mounts.find(({ volume, folder, isPart }) => !isPart && linking.has(volume) && folders.has(folder));
  if (linked !== undefined)
    return [
      field,
      `it renders ${quote(linked.folder)}, and files of a ConfigMap are links, which nobody follows`,
      'Copy them first (examples/gitops/cron-job)',
    ];
  const isUsual = variableNames !== undefined && renders.length > 0;
  const { PATH = isUsual ? USUAL_PATH : undefined } = variables;
  const onPath = few(PATH?.split(':') ?? []).map((folder) => join(folder, '/'));
  const isPlainPath = PATH?.includes('$') === false && !/\bPATH=|\/function-sts-assume-role/.test(script);
  for (const [index, each] of few(listAt(spec, ['initContainers'])).entries()) {
    const [verb, target = ''] = few(listAt(each, ['args'])).map(asText);
    if (verb !== 'install' || !target.startsWith('/') || valueAt(each, ['command']) !== undefined) continue;
    const into = few(listAt(each, ['volumeMounts'])).find((mount) =>
      join(target, '/').startsWith(join(textAt(mount, ['mountPath']) ?? '', '/')),
    );
    if (into === undefined)
      return [
        `${POD}.initContainers[${index}].args`,
        `it installs the function into ${quote(target)}, and no \`volumeMounts\` has that`,
        'Correct one of them',
      ];
    const here = mounts.filter(({ volume }) => volume === textAt(into, ['name']));
    if (here.length === 0)
      return [
        field,
        `the function is in volume ${quote(textAt(into, ['name']) ?? '')}, which it does not mount`,
        'Mount it',
      ];
    const isFound = here.some(({ folder, isPart }) => isPart || onPath.some((some) => some.startsWith(folder)));
    if (isPlainPath && !isFound)
      return [`${field}.env`, `the function is in ${quote(here[0]?.folder ?? '')}, which \`PATH\` lacks`, 'Add it'];
  }
  return undefined;
}

/** Whether a pod has what the Inputs in its volumes name as their identity. */
export function checkIdentity({ manifests, variableNames, mounts, field, script }: Pod): Fault | undefined {
  const identities = manifests
    .filter((value) => isInput(Object(value)))
    .flatMap((input) => few(listAt(input, ['sessions'])).map((session) => valueAt(session, ['identity'])));
  const lacks = identities.map((identity) => {
    const [name = '', file = ''] = [textAt(identity, ['tokenEnv']), textAt(identity, ['tokenFile'])];
    if (valueAt(identity, ['github']) !== undefined)
      return 'it has `identity.github`, and a pod has no token of GitHub';
    if (VARIABLE_NAME.test(name) && variableNames?.has(name) === false && !script.includes(name))
      return `its identity is in variable ${quote(name)}, which the pod does not set`;
    const isThere =
      !/^\/[\w./-]+$/.test(file) || script.includes(file) || mounts.some(({ folder }) => file.startsWith(folder));
    return isThere || file.startsWith('/var/run/secrets/')
      ? undefined
      : `its identity is in ${quote(file)}, which no \`volumeMounts\` has`;
  });
  const cause = lacks.find((lack) => lack !== undefined);
  return cause === undefined
    ? undefined
    : [field, `an Input that it mounts fits no pod: ${cause}`, "Leave `identity` out, as the pod's role signs"];
}

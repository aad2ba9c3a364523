import { stringify } from 'yaml';
import { besides, inCluster, inputOf, policyOf, writtenIn } from '../../test/property/second-opinion/manifests.ts';
import { composite } from '../../test/support/crossplane/request.ts';
import type { Run } from './runs.ts';
import { withSlip } from './slips.ts';

/** A manifest whose fields are looked at one by one. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** All that is written for a run, before anything was made. */
export interface Written {
  readonly items: readonly Manifest[];
  readonly input: Manifest;
  readonly cluster: readonly Manifest[];
  readonly composite: object;
  readonly policy: string | undefined;
}

const PREFIX = 'sts.fn.crossplane.io';

export function writtenFor(run: Run): Written {
  const { world, more, slips, missing } = run;
  const isCrossplane = run.host === 'crossplane';
  const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } };
  const read = without([...(isCrossplane ? [] : (besides(world) as Manifest[]))], missing);
  const cluster = without(inCluster(world) as Manifest[], missing).map((one) => enriched(one, run));
  const inTheWay = secretInTheWay(run);
  const items = [...(writtenIn('manifests', world) as Manifest[]).map((one) => enriched(one, run)), ...read];
  const whole: Written = {
    items: isCrossplane ? items : [other, ...items, ...inTheWay],
    input: inputWith(run),
    cluster: isCrossplane ? [...cluster, ...inTheWay] : cluster,
    composite: composite({
      metadata: { ...world.composite, ...more.composite },
      spec: { accountID: more.account === null ? undefined : more.account },
    }),
    policy: policyOf(world),
  };
  const slipped = slips.reduce((parts, slip) => withSlip(parts, slip), {
    items: whole.items,
    input: whole.input,
    ...(world.policy === undefined ? {} : { grants: world.policy }),
  });
  // a typo may take the list itself away
  const { items: left = [], input = whole.input, grants } = slipped as typeof slipped & { grants?: unknown };
  const isList = Array.isArray(left) && left.every((one) => typeof one === 'object' && one !== null);
  const policy = grants && JSON.stringify({ apiVersion: `${PREFIX}/v1beta1`, kind: 'Policy', grants });
  return { ...whole, items: isList ? left : whole.items, input, policy: policy ?? whole.policy };
}

function without<T>(all: readonly T[], missing: number | undefined): readonly T[] {
  return missing === undefined || all.length === 0 ? all : all.toSpliced(missing % all.length, 1);
}

const GENERATOR = /^(?:STS.*|ECRAuthorizationToken)$/;

/** With the fields that the worlds do not have. */
function enriched(manifest: Manifest, { more }: Run): Manifest {
  const { kind, metadata, spec } = manifest as Manifest & { spec?: object };
  if (GENERATOR.test(kind)) {
    const { requestParameters } = more;
    const isSession = kind === 'STSSessionToken' || kind === 'STSAssumeRoleToken';
    return {
      ...manifest,
      metadata: { ...metadata, ...more.metadata },
      spec: { ...spec, ...(requestParameters && isSession ? { requestParameters } : {}) },
    };
  }
  if (kind !== 'ExternalSecret') return manifest;
  const { target, dataFrom } = spec as { target?: { template?: object }; dataFrom: readonly object[] };
  const template = { ...target?.template, ...(more.target as { template?: object }).template };
  const whole = { ...target, ...more.target, ...(Object.keys(template).length === 0 ? {} : { template }) };
  return {
    ...manifest,
    spec: {
      ...(Object.keys(whole).length === 0 ? {} : { target: whole }),
      dataFrom: dataFrom.map((one) => (more.rewrite ? { ...one, rewrite: more.rewrite } : one)),
    },
  };
}

function inputWith(run: Run): Manifest {
  const { more, world } = run;
  const input = inputOf(world) as unknown as Manifest & {
    generators: Manifest[];
    sessions: { match: object; last?: object }[];
  };
  const { sessions: others = [], allow, ...fields } = more.input as { sessions?: object[]; allow?: object[] };
  const isPlain = more.secrets === undefined && more.renew === undefined && Object.keys(more.entry).length === 0;
  const given = input.sessions.map((entry) => ({
    ...entry,
    ...(Object.keys(more.last).length === 0 ? {} : { last: { ...entry.last, ...more.last } }),
    ...(more.secrets === undefined ? {} : { secrets: more.secrets }),
    ...(more.renew === undefined ? {} : { renew: more.renew }),
    ...more.entry,
  }));
  const all = {
    ...(more.renew && { renew: more.renew }),
    ...(more.secrets && { secrets: more.secrets }),
    ...more.entry,
  };
  const sessions = given.length > 0 || isPlain ? given : [all];
  const isAsked = more.account !== undefined && run.host === 'crossplane';
  const generators = input.generators.map((one) => enriched(one, run));
  return {
    ...input,
    generators: isAsked ? withVariable(generators) : generators,
    sessions: [...(isAsked ? withVariable(sessions) : sessions), ...others],
    ...(isAsked ? { vars: { account: { fromFieldPath: 'spec.accountID', type: 'accountID' } } } : {}),
    ...(world.allow === undefined && allow !== undefined ? { allow } : {}),
    ...fields,
  };
}

function withVariable<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll(':123456789012:', ':${account}:')) as T; // the same shape
}

function secretInTheWay({ inTheWay, world, host }: Run): Manifest[] {
  const [first] = world.wanted;
  if (inTheWay === 'nothing' || first === undefined) return [];
  const { kind, name, namespace } = first;
  const own = host === 'crossplane' ? `${world.composite.name}-${name}` : name;
  const annotations = {
    foreign: {},
    'another generator': { [`${PREFIX}/generator`]: `${kind}/${namespace ?? ''}/another` },
    placeholder: { [`${PREFIX}/generator`]: `${kind}/${namespace ?? ''}/${name}`, [`${PREFIX}/placeholder`]: 'true' },
  }[inTheWay];
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: own, ...(namespace === undefined ? {} : { namespace }), annotations },
      type: 'Opaque',
      data: { access_key_id: 'eA==' },
    },
  ];
}

/** What a host sends, in YAML as kpt does with a path for each item, or as one line of JSON. */
export function resourceList(items: readonly Manifest[], functionConfig: Manifest, isYaml: boolean): string {
  const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items, functionConfig };
  if (!isYaml) return JSON.stringify(list);
  const placed = items.map((item, index) => {
    if (typeof item?.metadata !== 'object' || item.metadata === null) return item; // after a slip
    const place = { 'config.kubernetes.io/path': `a/${item.kind}.yaml`, 'config.kubernetes.io/index': `${index}` };
    return { ...item, metadata: { ...item.metadata, annotations: { ...item.metadata.annotations, ...place } } };
  });
  return `# of a host\n${stringify({ ...list, items: placed }, { aliasDuplicateObjects: false })}`;
}

/** As documents, for files and the plugin. */
export function documents(manifests: readonly Manifest[], isYaml: boolean): string {
  const texts = manifests.map((one) =>
    isYaml ? `# mine\n${stringify(one, { aliasDuplicateObjects: false })}` : `${JSON.stringify(one)}\n`,
  );
  return texts.join('---\n');
}

import { table } from './page-tables.ts';

/** Fields of one or more generators, as `docs/external-secrets.md` and `docs/generators.md` list them. */
export interface FieldRow {
  /** Paths; `*` stands for any part of one. None: every other field. */
  readonly fields: readonly string[];
  /** What becomes of them here. */
  readonly becomes: string;
  /** File of `test/` without its ending, and words of the test's title. */
  readonly shownBy: readonly [file: string, title: string];
}

const row = (fields: string, becomes: string, file: string, title: string): FieldRow => ({
  fields: fields === '' ? [] : fields.split(' '),
  becomes,
  shownBy: [file, title],
});

const UNIT = 'unit/planner/draft-external-secret';
const PAGE = 'pages/external-secrets';
const TEMPLATES = 'unit/secret/apply-template';
const OTHER_KINDS = 'contract/external-secret-generator-kinds';
const STATUS = row('status', 'ignored without a word', PAGE, "a status is nobody's");
const METADATA = row(
  'metadata.*',
  'Any other that an API server knows: ignored.',
  'golden/messages/assume-role-token',
  'metadata of API servers and hosts',
);

const EXTERNAL_SECRET = [
  row('apiVersion', 'v1 and v1beta1', UNIT, 'v1beta1 is the same'),
  row('kind metadata.name metadata.namespace', 'honoured', UNIT, 'consumes its generator'),
  row(
    'metadata.labels metadata.annotations',
    'Honoured: without a template they go on to the Secret. Those of kubectl, of orchestrators and of this function do not, nor does `force-sync`.',
    UNIT,
    'labels and annotations go on to the Secret',
  ),
  row(
    'spec.dataFrom[].sourceRef.generatorRef.apiVersion spec.dataFrom[].sourceRef.generatorRef.kind spec.dataFrom[].sourceRef.generatorRef.name',
    'honoured',
    UNIT,
    'a generator that is not there is named',
  ),
  row(
    'spec.dataFrom[].rewrite[].regexp.source spec.dataFrom[].rewrite[].regexp.target',
    "Honoured, as Go's regexp. A group name that is given twice is refused.",
    'hosts/go-regexp',
    'the same key, or both refuse',
  ),
  row(
    'spec.dataFrom[].rewrite[].transform.template',
    'honoured; `.value` is the key',
    TEMPLATES,
    'sees keys as they are rewritten',
  ),
  row(
    'spec.dataFrom[].rewrite',
    'At most 20 steps, and 1,024 characters of a key on its way. Expressions that would take too long are refused: see the [limits](templates.md#limits).',
    UNIT,
    'an expression that takes too long',
  ),
  row(
    'spec.dataFrom[].rewrite[]',
    'An empty key is left out, as in the operator. Two keys that become equal are refused: in the operator chance decides.',
    UNIT,
    'two keys that become one',
  ),
  row(
    'spec.dataFrom[].rewrite[].merge',
    'Refused: in the operator it fails on every value of a generator.',
    UNIT,
    '`merge`',
  ),
  row(
    'spec.dataFrom[].extract spec.dataFrom[].find spec.dataFrom[].sourceRef.storeRef spec.data',
    'Refused beside one of our generators. Without one the ExternalSecret is left alone.',
    UNIT,
    'beside a generator of ours is refused',
  ),
  row(
    'spec.target.name',
    'Honoured. Under Crossplane the name of a Secret without one begins with the composite.',
    'contract/crossplane-external-secret',
    'without a name of its own',
  ),
  row(
    'spec.target.creationPolicy',
    'Owner and Orphan make the Secret, Merge adds to one of the package, CreateOrMerge does both, None makes nothing. Crossplane: Merge and CreateOrMerge are refused.',
    UNIT,
    'adds to a Secret of somebody else',
  ),
  row('spec.target.deletionPolicy', 'Ignored. Pairs that the operator refuses are refused.', UNIT, 'does not go with'),
  row(
    'spec.target.immutable',
    'honoured; refused under Crossplane',
    'contract/external-secret',
    '`immutable` and finalizers stay',
  ),
  row(
    'spec.target.manifest',
    'refused: only Secrets are made',
    'golden/messages/external-secrets',
    'a target of another kind',
  ),
  row(
    'spec.target.template.type',
    'honoured, except types whose Secrets give access to the cluster',
    TEMPLATES,
    'a bootstrap token',
  ),
  row('spec.target.template.engineVersion', 'v2; any other is refused', TEMPLATES, 'an old engine'),
  row('spec.target.template.mergePolicy', 'honoured', TEMPLATES, 'stands beside the values'),
  row(
    'spec.target.template.metadata.labels spec.target.template.metadata.annotations',
    'Honoured: the values are templates, rendered last. Names of this function and of orchestrators are refused.',
    TEMPLATES,
    'without data the values stay',
  ),
  row('spec.target.template.metadata.finalizers', 'honoured', TEMPLATES, 'without data the values stay'),
  row('spec.target.template.data', 'honoured', TEMPLATES, 'is the data, instead of the values'),
  row(
    'spec.target.template.templateFrom[].configMap.* spec.target.template.templateFrom[].secret.*',
    'honoured',
    TEMPLATES,
    'comes from elsewhere too',
  ),
  row('spec.target.template.templateFrom[].literal', 'honoured', TEMPLATES, 'comes from elsewhere too'),
  row(
    'spec.target.template.templateFrom[].target',
    'Data, Labels or Annotations; any other path is refused',
    TEMPLATES,
    'goes to labels and annotations',
  ),
  row('spec.refreshInterval', 'ignored; a warning where a session does not last so long', UNIT, 'of `refreshInterval`'),
  row('spec.refreshPolicy spec.secretStoreRef spec.syncWindows', 'ignored', UNIT, 'of fields without effect'),
  METADATA,
  STATUS,
  row('', 'refused by name', UNIT, 'of a field that nobody knows'),
];

const CLUSTER_GENERATOR = [
  row('apiVersion kind metadata.name', 'honoured', UNIT, 'is a generator in the namespace of each ExternalSecret'),
  row(
    'metadata.labels',
    'honoured: an entry of an Input may match them',
    PAGE,
    'labels of a ClusterGenerator are matched',
  ),
  row('metadata.annotations', 'only ours, to ignore it, and `force-sync`', PAGE, 'a ClusterGenerator can be ignored'),
  row(
    'spec.kind',
    'Our kinds are honoured. One of another kind is left alone, and so are the ExternalSecrets that name it.',
    UNIT,
    'one of another kind is left alone',
  ),
  row(
    'spec.generator.stsAssumeRoleTokenSpec',
    'honoured, as `spec` below, in the namespace of the ExternalSecret',
    UNIT,
    'its references are looked up',
  ),
  row(
    'spec.generator.ecrAuthorizationTokenSpec',
    'honoured, as in [generators](generators.md)',
    OTHER_KINDS,
    'a login is a pull secret by a template',
  ),
  row(
    'spec.generator.stsSessionTokenSpec',
    'honoured, as in [generators](generators.md)',
    OTHER_KINDS,
    'a session of a user and a login',
  ),
  METADATA,
  STATUS,
];

const ASSUME_ROLE_TOKEN = [
  row('apiVersion kind metadata.name metadata.namespace', 'honoured', 'unit/planner/plan', 'renders one Secret, whole'),
  row('metadata.labels', 'honoured: an entry of an Input may match them', 'unit/manifests/match-entries', 'the label'),
  row(
    'metadata.annotations',
    'only ours, `force-sync`, and options of kustomize',
    'contract/pass-through',
    'an ignored spec',
  ),
  row(
    'spec.region',
    'honoured; `""` is AWS_REGION, then the region of the profile',
    'contract/sts-calls',
    'takes keys and region from a profile',
  ),
  row('spec.role', 'honoured', 'unit/generators/sts-assume-role-token', 'no role'),
  row(
    'spec.auth.secretRef.*SecretRef.name spec.auth.secretRef.*SecretRef.key',
    'honoured',
    'unit/generators/sts-assume-role-token',
    'keys in a Secret',
  ),
  row(
    'spec.auth.secretRef.*SecretRef.namespace',
    "the generator's own; any other is refused",
    'golden/messages/assume-role-token',
    "another namespace's Secret",
  ),
  row(
    'spec.auth.jwt.serviceAccountRef.name spec.auth.jwt.serviceAccountRef.audiences',
    'honoured; at most 20 audiences of 255 characters',
    'contract/cluster',
    'a ServiceAccount is read',
  ),
  row(
    'spec.auth.jwt.serviceAccountRef.namespace',
    "the generator's own; any other is refused",
    PAGE,
    'a ServiceAccount of another namespace',
  ),
  row(
    'spec.requestParameters.sessionDuration',
    "honoured; 3600 where it is absent, as the operator's documentation has it",
    'contract/sts-calls',
    'asks for 3600 seconds',
  ),
  row(
    'spec.requestParameters.externalID',
    'honoured',
    'unit/generators/sts-assume-role-token',
    'duration and external ID',
  ),
  METADATA,
  STATUS,
];

const OWN_NAMESPACE = row(
  'spec.auth.secretRef.*.namespace',
  "the generator's own; any other is refused",
  'golden/messages/session-token',
  'references into another namespace',
);

const SESSION_TOKEN = [
  row(
    'spec.region',
    'The region whose STS is asked. `""`: AWS_REGION, then the region of the profile.',
    'contract/generator-kinds',
    'is the session of the user that asks',
  ),
  row(
    'spec.role',
    "Refused: AWS denies GetSessionToken to a role's session.",
    'golden/messages/session-token',
    'a session token with a role',
  ),
  row(
    'spec.auth.secretRef',
    "The user's keys. Absent: the SDK's default chain.",
    'contract/generator-kinds',
    'comes from keys in a Secret too',
  ),
  row(
    'spec.auth.secretRef.accessKeyIDSecretRef',
    'honoured; the key of a session is refused',
    'golden/messages/session-token',
    'a session token for keys of a session, told by their ID',
  ),
  row(
    'spec.auth.secretRef.secretAccessKeySecretRef',
    'honoured',
    'contract/generator-kinds',
    'comes from keys in a Secret too',
  ),
  row(
    'spec.auth.secretRef.sessionTokenSecretRef',
    "refused: such keys are a session's",
    'golden/messages/session-token',
    'a session token for keys of a session',
  ),
  row(
    'spec.auth.secretRef.*.name spec.auth.secretRef.*.key',
    'honoured',
    'contract/generator-kinds',
    'comes from keys in a Secret too',
  ),
  OWN_NAMESPACE,
  row(
    'spec.auth.jwt spec.auth.jwt.*',
    'Refused: a ServiceAccount gives a session already.',
    'golden/messages/session-token',
    'a session token for a ServiceAccount',
  ),
  row(
    'spec.requestParameters.sessionDuration',
    '900 to 129600 seconds; default 43200',
    'contract/generator-kinds',
    'is the session of the user that asks',
  ),
  row(
    'spec.requestParameters.serialNumber',
    'The MFA device, with `tokenCode`.',
    'contract/generator-kinds',
    'takes an MFA code once',
  ),
  row(
    'spec.requestParameters.tokenCode',
    'The code of 6 digits, in quotes, with `serialNumber`. Refused under Crossplane.',
    'contract/generator-kinds',
    'takes an MFA code once',
  ),
];

const REGISTRY_TOKEN = [
  row(
    'spec.region',
    'The region of STS and of the registry. Public registries are always asked in us-east-1.',
    'contract/generator-kinds',
    'of the public ones has no endpoint',
  ),
  row(
    'spec.role',
    'assumed before the registry is asked',
    'contract/generator-kinds',
    "gives the keys of External Secrets' generator",
  ),
  row('spec.scope', '`private`, the default, or `public`', 'golden/messages/registry-token', 'a scope that is none'),
  row(
    'spec.auth.secretRef spec.auth.secretRef.*',
    'As for STSAssumeRoleToken; keys of a session are fine.',
    'contract/generator-kinds',
    'is asked with keys of a session in a Secret',
  ),
  row(
    'spec.auth.secretRef.*.name spec.auth.secretRef.*.key',
    'honoured',
    'contract/generator-kinds',
    'is asked with keys of a session in a Secret',
  ),
  OWN_NAMESPACE,
  row(
    'spec.auth.jwt spec.auth.jwt.*',
    "As for STSAssumeRoleToken; the ServiceAccount's own role is enough.",
    'contract/cluster',
    'a login with the role of a ServiceAccount alone',
  ),
];

/** What becomes of each field, by the kind whose page lists it. Tests compare them with the schemas, and look for the tests they name. */
export const FIELD_ROWS = {
  ExternalSecret: EXTERNAL_SECRET,
  ClusterGenerator: CLUSTER_GENERATOR,
  STSAssumeRoleToken: ASSUME_ROLE_TOKEN,
  STSSessionToken: SESSION_TOKEN,
  ECRAuthorizationToken: REGISTRY_TOKEN,
} satisfies Record<string, readonly FieldRow[]>;

/** What becomes of the fields of a kind. */
export function fieldTable(kind: keyof typeof FIELD_ROWS): string {
  const rows = FIELD_ROWS[kind].map(({ fields, becomes }) => [
    fields.length === 0 ? 'any other' : fields.map((field) => `\`${field}\``).join(' '),
    becomes,
  ]);
  return table(['field', 'what becomes of it'], ...rows);
}

import type { Code } from './codes.ts';

/** What has happened, and what to do about it. */
interface Explanation {
  readonly means: string;
  readonly cure: string;
  /** What it may be, in the order in which to look. */
  readonly causes: readonly string[];
}

const explained = (means: string, cure: string, causes: readonly string[] = []): Explanation => ({
  means,
  cure,
  causes,
});

/** What docs/errors.md, which is generated from this table, and `help CODE` say of a code. */
export const EXPLANATIONS: Readonly<Record<Code, Explanation>> = {
  USAGE_INVALID: explained(
    'There is no such command, option or value, or it does not fit here. The exit status is 2, and nothing was done.',
    'Write what the message names, or see `--help` of the command.',
  ),
  INPUT_UNREADABLE: explained(
    'Standard input is not one whole ResourceList, or `render` or `plan` cannot read a file. Nothing is written.',
    "Run the function through kpt or kustomize, or pipe one ResourceList into it. The message gives line and column, and the document's number in a file.",
  ),
  OUTPUT_UNWRITABLE: explained(
    'The host stopped reading, or the disk behind standard output is full.',
    'Look at the program that reads the output, and run again.',
  ),
  FILE_UNWRITABLE: explained(
    '`render -i` cannot write a file. No file has changed, unless the message names files that were written before.',
    'Mend the cause that the message names, and run again. Secrets that were written are used again.',
  ),
  FILE_WRITTEN: explained('`render -i` has written a file.', 'Nothing to do.'),
  INSTALL_FAILED: explained(
    '`install` cannot put the executable into the folder. Nothing in the folder has changed.',
    'Mend the cause that the message names, or name another folder.',
  ),
  GENERATOR_NONE: explained(
    'The files have no STSAssumeRoleToken, STSSessionToken or ECRAuthorizationToken, and no Input with `generators`; a ClusterGenerator alone makes no Secret, but for an ExternalSecret. Or a step of a Kptfile gets none of them in its package, or the first step of a Composition has none.',
    "Name the files or folders that have one (for an overlay, a folder with its base too), or correct the step's `selectors` and `exclude`. Names that begin with a dot, node_modules and symbolic links are left out.",
  ),
  GENERATOR_UNUSED: explained(
    'A generator is in a package of kpt or kustomize that never starts this function, so no Secret is made. Or kpt starts it as a validator, whose Secrets it drops. Or only a PushSecret or ClusterExternalSecret names the generator. Or its ExternalSecret has `creationPolicy: None`, or is to be ignored.',
    'Add the lines of the message. If an operator in the cluster is meant, set `sts.fn.crossplane.io/ignore: "true"`.',
  ),
  TEMPLATE_LEFT_OUT: explained(
    '`plan`, `render`, `doctor`: a document with one of our kinds is a template of another program, such as Helm, and no YAML. It is left out, and the rest is planned.',
    'Render the template with its program, and name what comes out.',
  ),
  SETTING_INVALID: explained(
    'An environment variable or an option of `serve` (certificates, address, Policy) cannot be used.',
    'Correct the value that the message names, or unset the variable.',
  ),
  SETTING_UNKNOWN: explained(
    'An environment variable has nearly the name of one of ours. It has no effect.',
    'Write the name that the message gives. If the variable belongs to another program, leave it.',
  ),
  ENDPOINT_UNENCRYPTED: explained(
    'An endpoint of STS or a registry is an http URL on another machine. Anyone on the way can read tokens and credentials.',
    'Use https. AWS_CA_BUNDLE names the authority of your own server.',
  ),
  FUNCTION_CONFIG_INVALID: explained(
    'The functionConfig is not an Input, a generator or a ConfigMap of known keys. Or a part of it is wrong.',
    'Correct the field that the message names.',
  ),
  FUNCTION_CONFIG_WITHOUT_EFFECT: explained(
    "The ConfigMap's keys describe a generator without `role`, so no Secret is made.",
    'Add `role`, or remove the other keys.',
  ),
  INPUT_UNUSED: explained(
    'An Input is among the items but is not the functionConfig. Or a document looks like an Input, and has no `apiVersion`.',
    'Name its file as the functionConfig: `configPath` in a Kptfile, the function annotation in kustomize.',
  ),
  PATCH_UNUSED: explained(
    '`plan`, `doctor`: a patch of a kustomization is for a generator for which a base, or `generators`, has started this function already. It changes nothing. Or its target, or that of a replacement, selects no object, and nearly one, or none of the generators that are there.',
    "Change the generator's own file. Or start the function under `transformers` of the kustomization that has the patch. Correct the target.",
  ),
  PIPELINES_NESTED: explained(
    'A kpt package starts this function, and so does a package around it. kpt renders both, so every run issues new sessions.',
    'Keep the step in one of the two Kptfiles.',
  ),
  HOST_NEEDED: explained(
    'The host changes, or may change, names or namespaces of objects that this function makes a Secret for, or reads: a step of kpt, a patch, a replacement, another transformer. `render` starts only this function, so it would print another Secret.',
    'Run the command of the message. With kustomize, `namespace`, `namePrefix`, `nameSuffix` and `labels` are no obstacle.',
  ),
  REGION_UNKNOWN: explained(
    "`plan`, `render`, `doctor`: the SDK's list of regions does not have this region. It is misspelt, or newer than this version.",
    'Correct the region, if the message names the one that was meant. Leave a new region as it is: AWS is asked in it all the same.',
  ),
  POLICY_UNUSED: explained(
    'A Policy is among the files of `render` or `plan`. It guards nothing there. Or a document looks like one, and has no `apiVersion`. Or an earlier grant has all of one.',
    'Name its file in STS_FUNCTION_POLICY as the operator, or remove it from the package.',
  ),
  REFRESHED_TOO_LATE: explained(
    'Credentials end before they are renewed. An operator refreshes the ExternalSecret too late, or once. Its Secret is immutable. `doctor`: a schedule starts its job too seldom, or a pod reads the Secret only as it starts.',
    'Remove the field, or shorten `refreshInterval`. Start the job every 10 minutes for sessions of an hour. Mount the whole Secret.',
  ),
  TEMPLATE_INVALID: explained(
    'A template of an ExternalSecret cannot be rendered, or its result cannot be a Secret, or is of no use.',
    'The message gives line and column. docs/templates.md says what templates may use.',
  ),
  FIELD_IGNORED: explained(
    'A field of an ExternalSecret has no effect here, which only a plan says. A `rewrite` that changes no key has none anywhere, nor has a group that its `source` lacks, or an entry whose keys later ones give.',
    'Correct the `rewrite`, or remove the entry. Of another field nothing is to do: where the operator runs, it uses it.',
  ),
  VALUE_MISSING: explained(
    "Crossplane: a variable's field of the composite, or label of its namespace, has no value. Or a field has `${NAME}` as Flux and envsubst write it, or `$(NAME)`, and nothing has replaced it.",
    'Set the field or label that the message names. Plan and render what comes out of Flux or envsubst, or give the generator to an Input with `vars`.',
  ),
  VALUE_INVALID: explained(
    "Crossplane: a value from the composite or from a label of its namespace does not fit its variable's type.",
    'Correct the field or label that the message names.',
  ),
  SPEC_INVALID: explained(
    'A manifest, or a hop of an Input, has a missing, unknown or wrongly typed field, a value that AWS would refuse, or fields that do not go together.',
    'Correct the field that the message names.',
  ),
  LIMIT_EXCEEDED: explained(
    'The input is larger, deeper or more work than one run may take (docs/input.md).',
    'Split the run, or make it smaller.',
  ),
  CHAINED_DURATION: explained(
    'The spec asks for more than 3600 seconds, with keys that may belong to a role session. AWS refuses that.',
    'Ask for at most 3600 seconds, or use long-term keys.',
  ),
  NOT_GRANTED: explained(
    "A guard refuses what the generator asks for: `allow` of the Input, or the operator's Policy. Or a manifest says otherwise than the Policy imposes. AWS was not asked. The message names the role, region, name, tag, token, ServiceAccount, audience or cluster.",
    'Use what is granted, or ask the operator for a grant. One grant must have all that the generator asks for: the last role in `roles`, those before it in `via` (docs/policy.md).',
  ),
  LABEL_MISMATCH: explained(
    "A generator fits an entry of the Input's `sessions` in all but one label, which is nearly the one that the entry wants, and fits no other entry. It would get its session without the entry.",
    'Correct the label or the `match`, or give the generator its own entry.',
  ),
  SESSION_UNUSED: explained(
    "An entry of the Input's `sessions` matches no generator. If a generator lacks but one label for it, the message names that label. Or an entry that says who asks leaves out a generator of another kind, as its `match` has no `kinds`.",
    'Correct its `match`, or remove it.',
  ),
  TARGET_CONFLICT: explained(
    'Two generators want the same Secret, or a generator wants a Secret that a generator reads. Warning: a SealedSecret or a store makes it too. Crossplane: an earlier step composes that Secret, or another resource under its key.',
    'Rename one of the two, or remove the one that is there twice.',
  ),
  TARGET_NOT_OURS: explained(
    'A Secret of this name exists, and this generator did not make it. It is never overwritten.',
    'Delete or rename that Secret, or rename the generator.',
  ),
  SECRET_CHANGED: explained(
    "Crossplane: the cluster's Secret holds other data than was made. Another program writes there, or adds a key. The Secret is written again, and is not ready.",
    'Keep the other program out of the `data` of this Secret. If no program writes there, the cluster had an older Secret, and the next reconcile shows the new one.',
  ),
  GENERATOR_GONE: explained(
    'This function made a Secret that no generator asks for any more, or only in another namespace. Nothing renews or deletes the Secret.',
    'Bring the generator back, or give its manifest the namespace of the Secret. Delete the Secret only if no program reads it.',
  ),
  TARGET_NOT_REPLACEABLE: explained(
    'The Secret to renew is written in YAML that cannot be rewritten in place. It has an alias, a merge key, or no map, list or text where one belongs. Crossplane: the new Secret has another type, and Kubernetes changes no type.',
    'Write it in another way. If this function made it, delete it from the package and run again. Under Crossplane delete it from the cluster, or choose another name.',
  ),
  REFERENCE_MISSING: explained(
    'The generator needs a Secret, a key, a ServiceAccount or its role annotation that is not there. It is not in the ResourceList, nor in the cluster if one is switched on. `doctor`: something names what is nearly there.',
    "Put the object into the package, or switch on a cluster that has it. Or remove `spec.auth` to use the SDK's default credential chain. Correct a name that is misspelt.",
  ),
  CLUSTER_OFF: explained(
    "`auth.jwt` needs a ServiceAccount's token from an API server, and no cluster is switched on.",
    'Set STS_FUNCTION_CLUSTER to `context:NAME` or `in-cluster`, or set `cluster` in an Input.',
  ),
  CLUSTER_FORBIDDEN: explained(
    "RBAC does not let the caller read an object, or make a ServiceAccount's token.",
    'Bind the caller to a Role with the rule that the message gives.',
  ),
  CLUSTER_UNAVAILABLE: explained(
    'The API server did not answer: because of kubeconfig, network, certificate, credentials or a fault of its own.',
    'The message names the cause. kubectl with the same context meets it too.',
  ),
  TOKEN_REFUSED: explained(
    "A ServiceAccount's token was not sent to STS. The API server itself would accept it, or it is not the token that was asked for.",
    "Use the audience of IAM's OIDC provider, `sts.amazonaws.com` by default.",
  ),
  SECRET_SEALED: explained(
    'SOPS encrypted an object, and it cannot be opened, or may be a copy of another one, or a Secret cannot be written without its key. Or a Secret that is to be encrypted could not be opened again.',
    'The message names the cause. SOPS binds no name, so only keys in front of a role are read. Other values are written by CI into a file that git ignores, decrypted by a generator of kustomize, or in a cluster. `sops` can open what this function cannot: KMS and PGP keys, key groups, its key file in the home folder, a relative SOPS_AGE_KEY_FILE.',
  ),
  CREDENTIAL_MALFORMED: explained(
    'A value in a referenced Secret cannot be a key: it is empty, not base64, encrypted, or has white space in it. Or session keys (`ASIA…`) come without their session token, in a Secret or in the default chain.',
    'Do what the message says. Write a value of `data` with `printf %s "$VALUE" | base64 -w0`. Of what SOPS encrypted, an ID begins with `AKIA` or `ASIA`, and all keys are in one Secret.',
  ),
  TOKEN_MISSING: explained(
    'An entry of the Input takes its identity from a file, a variable or a workflow, which gives no token.',
    'The message names the source and what to set there.',
  ),
  NO_CREDENTIALS: explained(
    "The generator has no `spec.auth`, and the SDK's default chain found no credentials.",
    'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Or run where a role is attached, such as a pod with IRSA or EKS Pod Identity. Or add `spec.auth.secretRef`, or `identity` to an Input (docs/chains.md).',
  ),
  KEYS_TEMPORARY: explained(
    "An STSSessionToken is asked for with keys of a session. AWS gives session tokens only to a user's long-term keys, so it was not asked.",
    'Use STSAssumeRoleToken, or long-term keys.',
  ),
  CREDENTIALS_REFUSED: explained(
    'AWS does not accept the token, or the keys that signed the request.',
    "Check that the keys exist, have not expired, and have no white space. Temporary keys need their session token. After RequestExpired, or SignatureDoesNotMatch with the right keys, set the machine's clock. InvalidIdentityToken was tried five times, since AWS also answers it while it cannot fetch the issuer's keys.",
  ),
  OTHER_ACCOUNT: explained(
    "The caller does not belong to the account in the Input's `expectAccount`. No role was assumed.",
    'Give the run the credentials that were meant, or correct `expectAccount`.',
  ),
  HOP_DENIED: explained(
    'AWS does not let the caller assume the role, or have the token: AccessDenied.',
    'AWS gives the same answer for a role that does not exist and for a role that does not trust the caller. Look in this order:',
    [
      'The role does not exist: the account, the path or the name in its ARN is wrong.',
      'Its trust policy does not name the caller: at hop n, the role of hop n - 1.',
      'The trust policy asks for an external ID that is missing or another.',
      "The caller's own policy does not allow sts:AssumeRole on the role, or a service control policy or boundary forbids it.",
      "The session has tags, and the trust policy or the caller's policy lacks sts:TagSession. With a source identity it is sts:SetSourceIdentity.",
      'EKS Pod Identity gives every session six transitive tags, such as `kubernetes-namespace`. Each role of the chain must allow sts:TagSession, and no hop may set a tag of the same key. `disableSessionTags` of the association turns the tags off.',
      'The role is a few seconds old: see `awaitRoles` in docs/chains.md.',
    ],
  ),
  HOP_REFUSED: explained(
    'AWS refuses the request for another reason than access.',
    `The message names AWS's code. See "What AWS answers" in docs/errors.md.`,
  ),
  RENEWAL_FAILED: explained(
    'A Secret is due and could not be renewed. The old one is still valid and stays.',
    'Mend the cause that the message names before the Secret expires. Set `renew.required` to make this an error.',
  ),
  RATE_LIMITED: explained(
    '`serve`: a generator of a composite has had three sessions at once and one a minute since, or was refused 30 times. STS was not asked. While its Secret is good this is a warning.',
    'The composite is retried automatically. Find what changes it, or deletes its Secret, so often (docs/crossplane.md).',
  ),
  STS_UNAVAILABLE: explained(
    "STS or the registry could not be reached, has a certificate that is not trusted, or throttled or failed all five attempts. Or the answer has no AWS error code, such as a proxy's page.",
    'Check the region, the proxy and the endpoint settings. After throttling, wait. Crossplane tries again by itself; run others again.',
  ),
  STS_MALFORMED: explained(
    'The answer does not come from STS or the registry, or is for another role or session. Or it contains characters that no key has. Redirections are not followed.',
    'Check which server the endpoint settings name, and the proxies on the way. A server that imitates AWS, such as moto, must name the session in `AssumedRoleUser` as AWS does, or leave it out.',
  ),
  PLAN: explained(
    'STS_FUNCTION_MODE is `plan`: the line says what a run would do about one Secret. No call was made and no item was changed. Or the command `plan` leaves out what only the host knows.',
    'Unset STS_FUNCTION_MODE to do it. Where the message has a command, that plans the whole package.',
  ),
  PLAINTEXT: explained(
    'A Secret goes, or seems to go, into a file of the package with credentials in plain text, or `render` prints it on a terminal. `doctor`: it is in git or in files of a job, or STS_FUNCTION_OUTPUT says `stream` where a host writes files. A plan: a guard will refuse it there. Base64 is plain text.',
    'Encrypt it with `encrypt` in an Input, or keep the file out of git. If you render to standard output (`-o unwrap`), say so with STS_FUNCTION_OUTPUT=stream. A Policy can refuse plain text.',
  ),
  PLACEHOLDERS: explained(
    'STS_FUNCTION_MODE is `placeholder`, or `--placeholder` was given: new Secrets hold placeholders, for a preview.',
    'Run without it to issue sessions, which replace the placeholders.',
  ),
  CLOCK_WRONG: explained(
    "By this machine's clock, a session had ended when it arrived. Its Secret is written, and the next run renews it.",
    "Set the machine's clock.",
  ),
  DEADLINE_PASSED: explained(
    'The run took longer than STS_FUNCTION_TIMEOUT: 120 seconds by default, 30 for a call of `serve`, counted from the end of the input. A server answered too slowly, or there was too much to read and plan.',
    'Check the network, proxy and endpoint settings. Split what is too large, or raise STS_FUNCTION_TIMEOUT. kpt ends a function after five minutes, and Crossplane ends a call at its own deadline.',
  ),
  FUNCTION_NOT_STARTED: explained(
    '`doctor`: the host is called in a way that never starts the function. Some hosts say nothing about it.',
    'Call the host as the message says.',
  ),
  COMMAND_NOT_UNDERSTOOD: explained(
    '`doctor`: a command of kustomize or kpt cannot be read without running a shell, such as one behind `&&` or made of variables. It may lack a flag that it needs.',
    'Write it on a line of its own, or check its flags: `--enable-alpha-plugins --enable-exec` of `kustomize build`, `--allow-exec` of `kpt fn render`.',
  ),
  FUNCTION_NOT_FOUND: explained(
    '`plan`, `doctor`: a Kptfile, an annotation or kustomize looks for the executable where it is missing or not executable.',
    'Put it there with `install`, as the message says.',
  ),
  FUNCTION_IN_CONTAINER: explained(
    '`doctor`: the function is to run in a container, to which kpt and kustomize give no environment and no network.',
    'Start it with `exec`.',
  ),
  GENERATOR_APPLIED: explained(
    '`doctor`: `kpt live apply` sends generators to the cluster, which may not know their kind.',
    'Give them the annotation `config.kubernetes.io/local-config: "true"`.',
  ),
  SECRET_DUPLICATED: explained(
    '`doctor`: selectors of a Kptfile hide the earlier Secret from the function, so each render adds another one.',
    'Remove the selectors, or select Secrets too.',
  ),
  SECRET_NOT_RENAMED: explained(
    '`doctor`: a transformer runs after kustomize has changed names. References to its Secret are not renamed, and it gets no hash.',
    'Start the function under `generators`, or change names in an overlay.',
  ),
  SECRET_ROLLS_OUT: explained(
    "`doctor`: the hash in a Secret's name changes with each session, so each build rolls out all workloads that use it.",
    'Remove the annotation, and let the workload read a mounted file.',
  ),
  CREDENTIALS_KEPT: explained(
    '`doctor`: Argo CD or a cache keeps credentials in plain text where nobody means to keep them.',
    'Let a job render and apply outside of Argo CD what has credentials, or encrypt them.',
  ),
  POLICY_ABSENT: explained(
    '`doctor`: this machine, server or job runs packages of many authors, and no Policy limits the roles that they ask for. Or a field of the composite fills in an account, and `allow` has any.',
    'Name a Policy in STS_FUNCTION_POLICY or `--policy`, and list accounts in `allow`.',
  ),
  PERMISSION_ABSENT: explained(
    "`doctor`: a GitHub job starts the function, and an Input takes its identity from GitHub's token. The job may not ask for that token.",
    'Give the job or its workflow `permissions: id-token: write`.',
  ),
  JOB_UNSAFE: explained(
    '`doctor`: a GitHub job, CronJob or script that renders credentials shows or copies them, hides that none came, or runs for strangers.',
    'Do what the message says. GitHub starts a step with `pipefail` only where `shell: bash` is written.',
  ),
  RUNTIME_INCOMPLETE: explained(
    '`doctor`: Crossplane or EKS lacks something to start or serve the function with, or will rename it.',
    'Add what the message names.',
  ),
  INTERNAL: explained(
    'A fault of this function.',
    'Please report it with the message and the manifest, without Secrets. A command with `--debug` and the log of `serve` say more of where it was.',
  ),
};

/** What somebody sees, and the codes that may explain it: each stands once. */
export const AREAS: Readonly<Record<string, string>> = {
  'Arguments or settings are refused': 'USAGE_INVALID SETTING_INVALID SETTING_UNKNOWN',
  'A file or stream is not read or written':
    'INPUT_UNREADABLE OUTPUT_UNWRITABLE FILE_UNWRITABLE FILE_WRITTEN INSTALL_FAILED',
  'There is no Secret':
    'GENERATOR_NONE GENERATOR_UNUSED GENERATOR_APPLIED TEMPLATE_LEFT_OUT HOST_NEEDED FUNCTION_NOT_STARTED FUNCTION_NOT_FOUND FUNCTION_IN_CONTAINER RUNTIME_INCOMPLETE FUNCTION_CONFIG_WITHOUT_EFFECT COMMAND_NOT_UNDERSTOOD',
  'A part of the manifests has no effect': 'INPUT_UNUSED PATCH_UNUSED POLICY_UNUSED SESSION_UNUSED FIELD_IGNORED',
  'A manifest is refused':
    'SPEC_INVALID FUNCTION_CONFIG_INVALID VALUE_MISSING VALUE_INVALID TEMPLATE_INVALID LIMIT_EXCEEDED REGION_UNKNOWN CHAINED_DURATION',
  'A Policy or `allow` refuses': 'NOT_GRANTED LABEL_MISMATCH POLICY_ABSENT',
  'Another Secret is in the way':
    'TARGET_CONFLICT TARGET_NOT_OURS TARGET_NOT_REPLACEABLE SECRET_CHANGED SECRET_DUPLICATED',
  'An object or token is not to be had':
    'REFERENCE_MISSING SECRET_SEALED CREDENTIAL_MALFORMED TOKEN_MISSING TOKEN_REFUSED PERMISSION_ABSENT CLUSTER_OFF CLUSTER_FORBIDDEN CLUSTER_UNAVAILABLE',
  'AWS refuses, or is not reached':
    'NO_CREDENTIALS KEYS_TEMPORARY CREDENTIALS_REFUSED OTHER_ACCOUNT HOP_DENIED HOP_REFUSED STS_UNAVAILABLE STS_MALFORMED DEADLINE_PASSED',
  'A Secret is old, or has an old name':
    'RENEWAL_FAILED RATE_LIMITED REFRESHED_TOO_LATE CLOCK_WRONG GENERATOR_GONE SECRET_NOT_RENAMED',
  'Secrets are made too often': 'PIPELINES_NESTED SECRET_ROLLS_OUT',
  'Others can read credentials': 'PLAINTEXT CREDENTIALS_KEPT JOB_UNSAFE ENDPOINT_UNENCRYPTED',
  'The run was a preview': 'PLAN PLACEHOLDERS',
  'This function is at fault': 'INTERNAL',
};

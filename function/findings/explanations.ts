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
  INPUT_UNREADABLE: explained(
    'Standard input is not one whole ResourceList, or a file that `render` or `plan` was given cannot be read. Nothing is written.',
    'Run the function through kpt or kustomize, or pipe one ResourceList into it. The message gives line and column, of a file also the number of the document.',
  ),
  OUTPUT_UNWRITABLE: explained(
    'The host stopped reading, or the disk that standard output goes to is full.',
    'Look at what reads the output; run again.',
  ),
  FILE_UNWRITABLE: explained(
    '`render -i` cannot write a file. All files are as they were, unless the message names those that were written before it failed.',
    'Mend the cause that the message names, and run again: what was written is then used again.',
  ),
  FILE_WRITTEN: explained('`render -i` has written a file.', 'Nothing is to be done.'),
  INSTALL_FAILED: explained(
    '`install` cannot put the executable where it was told. What was there before is as it was.',
    'Mend the cause that the message names, or name another folder.',
  ),
  GENERATOR_NONE: explained(
    'The files that `render` or `plan` was given have no STSAssumeRoleToken, STSSessionToken or ECRAuthorizationToken, nor an Input with `generators`, so there is nothing to do; or a step of a Kptfile gets none of those in its package.',
    'Name the files or folders that have one; correct the `selectors` and `exclude` of the step. Names that begin with a dot, node_modules and symbolic links are left out.',
  ),
  GENERATOR_UNUSED: explained(
    '`plan`, `doctor`: a generator is in a package of kpt or kustomize that never starts the function for it, so that its host makes no Secret. What is in no package is for `render`, and is fine.',
    'Add the lines of the message; or, where the operator in a cluster is meant, the annotation `sts.fn.crossplane.io/ignore: "true"`.',
  ),
  SETTING_INVALID: explained(
    'An environment variable, or what `serve` was started with (certificates, an address, a Policy), cannot be used.',
    'Correct what the message names, or unset the variable.',
  ),
  SETTING_UNKNOWN: explained(
    'An environment variable has nearly the name of one of ours, so that it may be a slip of the pen: it does nothing.',
    'Write the name that the message has; if it is meant for another program, leave it as it is.',
  ),
  ENDPOINT_UNENCRYPTED: explained(
    'An endpoint of STS or of a registry is an http URL, and not of this machine: whoever is on the way reads tokens and credentials.',
    'Use https. AWS_CA_BUNDLE names the authority of a server of your own.',
  ),
  FUNCTION_CONFIG_INVALID: explained(
    'The functionConfig is not an Input, a generator or a ConfigMap of known keys, or a part of it is wrong.',
    'Correct the field that the message names.',
  ),
  FUNCTION_CONFIG_WITHOUT_EFFECT: explained(
    'Keys of a ConfigMap describe a generator, but `role` is missing, so there is none.',
    'Add `role`, or drop the other keys.',
  ),
  INPUT_UNUSED: explained(
    'An Input is among the items but is not the functionConfig.',
    'Name its file as the functionConfig (`configPath` in a Kptfile, the function annotation in kustomize).',
  ),
  PIPELINES_NESTED: explained(
    'A kpt package starts this function, and so does a package around it. kpt runs the outer pipeline over the results of the inner one, so every run issues sessions anew.',
    'Keep the step in one of the two Kptfiles.',
  ),
  HOST_CHANGES: explained(
    'Before this function starts, the host changes the name or the namespace of an object that it makes a Secret for, or reads, or may do so. `render` starts nothing but this function: it would print another Secret than the host.',
    'Run the command of the message.',
  ),
  REGION_UNKNOWN: explained(
    '`plan`, `render`, `doctor`: a region is not in the list of the SDK that is built in. It may be a slip of the pen, or a region that is newer than this version.',
    'Correct the region, if the message names the one that was meant. A new region is asked like any other: leave it.',
  ),
  POLICY_UNUSED: explained(
    'A Policy is among the files that `render` or `plan` was given, and guards nothing there.',
    'Let STS_FUNCTION_POLICY name its file, as the operator of the run; or leave it out of the package.',
  ),
  REFRESHED_TOO_LATE: explained(
    'An ExternalSecret would be refreshed by the operator only after its credentials have ended.',
    'Shorten `refreshInterval`, or remove it where no operator runs.',
  ),
  TEMPLATE_INVALID: explained(
    'A template of an ExternalSecret cannot be rendered, or gives what no Secret can have.',
    'The message gives line and column. What templates may use is in docs/templates.md.',
  ),
  FIELD_IGNORED: explained(
    'A field of an ExternalSecret has no effect here. Only a plan says so.',
    'Nothing: where the operator runs, it acts on the field.',
  ),
  VALUE_MISSING: explained(
    'Crossplane: a variable comes from the composite or a label of its namespace, and there is no such value.',
    'Set the field or label that the message names.',
  ),
  VALUE_INVALID: explained(
    "Crossplane: a variable's value, from the composite or a label of its namespace, is not of the variable's type.",
    'Correct the field or label that the message names.',
  ),
  SPEC_INVALID: explained(
    'A generator, a ClusterGenerator or an ExternalSecret has a missing, unknown or wrongly typed field, or fields that do not go together.',
    'Correct the field that the message names.',
  ),
  LIMIT_EXCEEDED: explained(
    'A value is outside the limits of STS or ECR, so that AWS would refuse the request; or the input is larger, deeper or multiplies more than one run reads and plans: [input.md](input.md) has the limits.',
    'Correct the field that the message names; of a run that is too large, split it.',
  ),
  CHAINED_DURATION: explained(
    'More than 3600 seconds are asked with keys that may belong to a role session: then AWS refuses the call.',
    'Ask for at most 3600 seconds, or use long-term keys.',
  ),
  NOT_GRANTED: explained(
    "A guard does not let this generator have what it asks for (a role, region, session name, source identity or tag of a hop, a token's source, ServiceAccount or audience, the cluster, or to be a generator of the cluster): `allow` of the Input, or the operator's Policy.",
    'Use what is granted, or ask whoever keeps the grants. All that one generator asks for must be in one grant; docs/input.md has the table.',
  ),
  LABEL_MISMATCH: explained(
    "A generator matches an entry of the Input's `sessions` in all but one label, which is nearly the one that the entry wants, and no other entry. It would get its session without what the entry says.",
    'Correct the label, or the `match`; or give the generator an entry of its own.',
  ),
  SESSION_UNUSED: explained(
    "An entry of the Input's `sessions` matches no generator. If a generator lacks but one label for it, the message names that label.",
    'Correct its `match`, or remove it.',
  ),
  TARGET_CONFLICT: explained(
    'Two generators want the same Secret, or a generator wants a Secret that a generator reads. Crossplane: an earlier step composes that Secret, or a resource under its key.',
    'Rename one of the two, or remove one that is there twice.',
  ),
  TARGET_NOT_OURS: explained(
    'A Secret of the wanted name exists and was not made by this generator. It is never overwritten.',
    'Delete or rename that Secret, or rename the generator.',
  ),
  SECRET_CHANGED: explained(
    'Crossplane: a Secret was made, and what the cluster has in its place holds other data: another program writes there, or adds a key. It is written again, and is not ready.',
    'Let that program leave the `data` of this Secret alone. Where nothing writes there, it was an older Secret, and the next reconcile shows the new one.',
  ),
  GENERATOR_GONE: explained(
    'A Secret was made by this function, and its generator is not there any more. Nobody renews it, and nobody deletes it.',
    'Delete the Secret, or bring the generator back.',
  ),
  TARGET_NOT_REPLACEABLE: explained(
    'The Secret to renew is written with YAML that cannot be rewritten by itself, such as an alias or a merge key, or has something else where a map or a list belongs that is to be added to. Crossplane: it has another type than the new one, and Kubernetes changes none.',
    'Write it otherwise, or, if this function made it, delete it from the package and run again; under Crossplane delete it from the cluster, or choose another name.',
  ),
  REFERENCE_MISSING: explained(
    'A Secret, a key in it, a ServiceAccount or its role annotation that the generator needs is not there: not in the ResourceList, nor in the cluster if one is switched on.',
    "Put the object in the package, switch on a cluster that has it, or remove `spec.auth` to use the SDK's default credential chain.",
  ),
  CLUSTER_OFF: explained(
    "`auth.jwt` takes a ServiceAccount's token from an API server, and no cluster is switched on.",
    'Set STS_FUNCTION_CLUSTER to `context:NAME` or `in-cluster`, or `cluster` in an Input.',
  ),
  CLUSTER_FORBIDDEN: explained(
    "RBAC does not let the caller read an object, or make a ServiceAccount's token.",
    'Bind the caller to a Role with the rule that the message gives.',
  ),
  CLUSTER_UNAVAILABLE: explained(
    'The API server could not be asked: kubeconfig, network, certificate, credentials, or its own error.',
    'The message names the cause. kubectl with the same context meets it too.',
  ),
  TOKEN_REFUSED: explained(
    "A ServiceAccount's token is one that the API server itself takes, or not the one that was asked for, so it is not sent to STS.",
    "Use the audience of IAM's OIDC provider, `sts.amazonaws.com` by default.",
  ),
  SECRET_SEALED: explained(
    'A referenced Secret is encrypted by SOPS and cannot be opened, one that is there cannot be written without its key, or one that is to be encrypted could not be opened.',
    'The message names the cause. `sops` itself may open what this function does not: other keys than those of age (KMS, PGP), key groups, keys in its own file in the home folder, a relative SOPS_AGE_KEY_FILE.',
  ),
  CREDENTIAL_MALFORMED: explained(
    'A value in a referenced Secret cannot be a key: empty, not base64, encrypted, or with white space in it. Or keys of a session (`ASIA…`) are without its session token, in a Secret or where the default chain looks.',
    'Do what the message says. A value of `data` is written with `printf %s "$VALUE" | base64 -w0`; an encrypted one needs SOPS_AGE_KEY or SOPS_AGE_KEY_FILE.',
  ),
  TOKEN_MISSING: explained(
    'The identity of an entry of the Input has no token: the file, variable or workflow it names gives none.',
    'The message names the source and what to set there.',
  ),
  NO_CREDENTIALS: explained(
    "The generator has no `spec.auth`, and the SDK's default chain found no credentials.",
    'Set or correct AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or run where a role is attached (in a pod: IRSA or EKS Pod Identity); or add `spec.auth.secretRef`, or `identity` to an Input ([input.md](input.md)).',
  ),
  KEYS_TEMPORARY: explained(
    "An STSSessionToken is asked for with keys of a session: AWS gives a session token to a user's long-term keys only. AWS was not asked.",
    'Use STSAssumeRoleToken, or long-term keys.',
  ),
  CREDENTIALS_REFUSED: explained(
    'AWS does not accept the keys the request was signed with, or the token.',
    "Check that the keys exist, have not expired, and are written without white space; temporary keys need their session token. RequestExpired, or SignatureDoesNotMatch with the right keys: set the machine's clock. InvalidIdentityToken was tried five times: AWS also says it while it cannot fetch the issuer's keys.",
  ),
  OTHER_ACCOUNT: explained(
    'Whoever asks is not of the account that `expectAccount` of the Input names. No role was assumed.',
    'Give the run the credentials that were meant, or correct `expectAccount`.',
  ),
  HOP_DENIED: explained(
    'AWS does not let the caller assume the role, or have the token: AccessDenied.',
    "Check that the role exists. Let its trust policy name the caller (and the external ID, if it asks for one), and let the caller's own policy allow sts:AssumeRole on the role. AWS says the same of a role that does not exist and of one that does not trust the caller. In the order in which to look:",
    [
      'There is no such role: a slip in the account, the path or the name of its ARN.',
      'Its trust policy does not name the caller: of hop n, the role of hop n - 1.',
      'It asks for an external ID that is missing or another.',
      "The caller's own policy does not allow sts:AssumeRole on the role, or a service control policy or boundary forbids it.",
      "The session has tags, and the trust policy or the caller's policy lacks sts:TagSession; with a source identity, sts:SetSourceIdentity. In an EKS Pod Identity every session has six tags (`kubernetes-namespace`, `eks-cluster-name`, …) and all are transitive: each role of the chain must allow sts:TagSession, no hop may give a tag of the same key, and where neither is wanted the association can have `disableSessionTags`.",
      'The role is some seconds old: see `awaitRoles` in docs/input.md.',
    ],
  ),
  HOP_REFUSED: explained(
    'AWS refuses the request for another reason than access.',
    "The message names AWS's code; what is known of it is below, under what AWS answers.",
  ),
  RENEWAL_FAILED: explained(
    'A Secret is to be renewed and that failed, but it is still valid: it stays as it is.',
    'Mend the cause that the message names before the Secret expires, or set `renew.required` to make this an error.',
  ),
  RATE_LIMITED: explained(
    '`serve`: a generator of a composite gets three sessions at once and then one a minute, and has had them; or was refused 30 times. STS was not asked. While its Secret is good this is a warning.',
    'The composite goes on by itself. Look for what changes it, or takes its Secret away, so often ([crossplane.md](crossplane.md)).',
  ),
  STS_UNAVAILABLE: explained(
    "STS, or the registry, could not be reached, its certificate is not trusted, it throttled the calls or failed on all of five attempts, or an error has no code of AWS, as a proxy's page.",
    'Run again later; check proxy and endpoint settings.',
  ),
  STS_MALFORMED: explained(
    'The answer is not one of STS, or of the registry (a redirection is not followed), is for another role or session than was asked for, or holds characters that no key has.',
    'Check which server the endpoint settings name, and the proxies on the way. A server that is not AWS, such as moto, has to name the session in `AssumedRoleUser` as AWS does, or to leave it out.',
  ),
  PLAN: explained(
    'STS_FUNCTION_MODE is `plan`: what a run would do about one Secret. Nobody was asked for anything, and no item was changed.',
    'Unset STS_FUNCTION_MODE to do it.',
  ),
  PLAINTEXT: explained(
    'A Secret goes into a file of the package, or seems to, with credentials in plain text; `doctor`: it is there, in a git repository. Base64 is plain text.',
    'Encrypt it (`encrypt` in an Input), keep the file out of git, or render to standard output (`-o unwrap`): the function cannot see whether you do, until STS_FUNCTION_OUTPUT says `stream`. A Policy can refuse it.',
  ),
  PLACEHOLDERS: explained(
    'STS_FUNCTION_MODE is `placeholder`, or `--placeholder` was given: new Secrets were filled with placeholders, for a preview.',
    'Run without it to mint; a placeholder is then replaced.',
  ),
  CLOCK_WRONG: explained(
    "By this machine's clock a session had ended when it came. It is emitted, and the next run renews it.",
    "Set the machine's clock.",
  ),
  DEADLINE_PASSED: explained(
    'The run took longer than STS_FUNCTION_TIMEOUT (120 seconds, of a call of a server 30, unless it is set), counted from when its input was there: somebody did not answer, or too slowly, or there was too much to read and to plan.',
    'Check the network, proxy and endpoint settings, split what is too large, or raise STS_FUNCTION_TIMEOUT; kpt ends a function after five minutes, Crossplane a call when its own time is over.',
  ),
  FUNCTION_NOT_STARTED: explained(
    '`doctor`: a host is called in a way in which it never starts the function, and some of them say nothing about it.',
    'Call it as the message says.',
  ),
  COMMAND_NOT_UNDERSTOOD: explained(
    '`doctor`: a command of kustomize or kpt cannot be read without running a shell: it is behind `&&`, in quotes, in a here-document, or made of variables. Whether it has the flags that it needs is not known.',
    'Write it on a line of its own, or see to its flags: `--enable-alpha-plugins --enable-exec` of `kustomize build`, `--allow-exec` of `kpt fn render`.',
  ),
  FUNCTION_NOT_FOUND: explained(
    '`plan`, `doctor`: the executable is not where a Kptfile, an annotation or kustomize looks for it, or may not be executed.',
    'Put it there with `install`, as the message says.',
  ),
  FUNCTION_IN_CONTAINER: explained(
    '`doctor`: the function is to run in a container, which kpt and kustomize give neither an environment nor a network.',
    'Start it with `exec`.',
  ),
  GENERATOR_APPLIED: explained(
    '`doctor`: `kpt live apply` sends generators to the cluster, which may not know their kind.',
    'Give them the annotation `config.kubernetes.io/local-config: "true"`.',
  ),
  SECRET_DUPLICATED: explained(
    '`doctor`: selectors of a Kptfile keep the earlier Secret from the function, so that each render adds another one.',
    'Remove the selectors, or select Secrets too.',
  ),
  SECRET_NOT_RENAMED: explained(
    '`doctor`: a transformer runs after kustomize has changed names, so nothing that refers to its Secret is renamed, and it has no hash.',
    'Start the function under `generators`, or change names in an overlay.',
  ),
  SECRET_ROLLS_OUT: explained(
    "`doctor`: the hash in a Secret's name changes with each session, so each build rolls out whatever uses it.",
    'Take the annotation away, where the workload reads a mounted file.',
  ),
  CREDENTIALS_KEPT: explained(
    '`doctor`: Argo CD, or a cache, keeps credentials in plain text where they were never meant to be.',
    'Let a job render and apply what has credentials, outside of it; or encrypt them.',
  ),
  POLICY_ABSENT: explained(
    '`doctor`: this machine, or server, runs packages of many authors, and nothing limits the roles that they ask for.',
    'Let STS_FUNCTION_POLICY, or `--policy`, name a Policy.',
  ),
  PERMISSION_ABSENT: explained(
    "`doctor`: a job of GitHub starts the function, an Input takes its identity from GitHub's token, and the job may not ask for one.",
    'Give the job, or its workflow, `permissions: id-token: write`.',
  ),
  RUNTIME_INCOMPLETE: explained(
    '`doctor`: what Crossplane is to start the function with is not there, or will not stay as it is.',
    'Add what the message names.',
  ),
  INTERNAL: explained(
    'A fault of this function.',
    'Please report it with the message and the manifest, without Secrets.',
  ),
};

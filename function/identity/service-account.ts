import { type Finding, FindingError, finding, specFinding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { notThere, type ObjectRef, quoted, type Sayable, say, theField, theObject } from '../findings/say.ts';
import { objectIn } from '../model/answers.ts';
import type { Demand } from '../model/grant.ts';
import type { Identity, ReadIdentity, Reference, ResolvedContext } from '../model/identity.ts';
import { coreObject, type NamedRef, objectKey } from '../model/kinds.ts';
import { parseJson } from '../model/parse-bounded.ts';
import { attempt, defined, valueAt } from '../model/plain-data.ts';
import type { AuthField } from '../model/schema-parts.ts';
import { mustBeAbsent } from './source.ts';

/** `auth.jwt`: a token that an API server makes for a ServiceAccount, exchanged for a session of its IAM role. */
export function serviceAccount({ serviceAccountRef }: AuthField<'jwt'>, { namespace }: ObjectRef): Identity {
  const { name, audiences = [] } = serviceAccountRef;
  return identityOf(defined({ name, namespace }), audiences);
}

const AUTH_FIELD = 'spec.auth.jwt';
const FIELD = `${AUTH_FIELD}.serviceAccountRef`;

/** Where a ServiceAccount says which IAM role its pods have (IAM roles for service accounts). */
const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';
const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience';
const ROLE_FIELD = `metadata.annotations.${quote(ROLE_ANNOTATION)}`;

/** `audiences`: those of the token, or before the ServiceAccount is read those that the generator adds to its own. */
function identityOf(account: NamedRef, audiences: readonly string[]): Identity {
  const object = coreObject('ServiceAccount', account);
  const accountDemand: Demand = { list: 'serviceAccounts', of: object };
  // null: the ServiceAccount's own audience, which is not read yet
  const audienceDemands = (audiences.length === 0 ? [null] : audiences).map(
    (of): Demand => ({ list: 'audiences', of }),
  );
  return {
    source: 'serviceAccount',
    name: quote('serviceAccount'),
    hashed: { source: 'serviceAccount', ...account, audiences },
    reads: [{ object, field: FIELD }],
    demands: [accountDemand, ...audienceDemands],
    isRoleReadLater: true,
    describe: () => say`a token of ${theObject(object)}`,
    mayBeSession: () => false,
    refusals({ generator, needsLongTermKeys, hasCluster }) {
      if (needsLongTermKeys) return [specFinding(generator, AUTH_FIELD, mustBeAbsent())];
      if (!hasCluster) return [noCluster(generator)];
      if (account.namespace === undefined) {
        const text = say`is required with ${theField(AUTH_FIELD)}: the ServiceAccount is looked up in the generator's namespace`;
        return [specFinding(generator, 'metadata.namespace', text)];
      }
      const audience = audiences.find((candidate) => API_SERVER.test(candidate));
      return audience === undefined ? [] : [apiServerAudience(generator, object, quoted(audience))];
    },
    read: (context) => readAnnotations(account, audiences, context),
    token: {
      operation: 'AssumeRoleWithWebIdentity',
      async take(generator, { serviceAccountToken }) {
        const token = await serviceAccountToken(object, audiences);
        const claims = claimsOf(token.reveal());
        const of = [valueAt(claims, ['aud'])].flat();
        // its own audience, unless somebody chose another
        const issuer = valueAt(claims, ['iss']);
        if (issuer !== undefined && of.includes(issuer))
          throw new FindingError(apiServerAudience(generator, object, "of the token's issuer"));
        const subject = `system:serviceaccount:${account.namespace}:${account.name}`;
        const isForAsked = of.length > 0 && of.every((value) => audiences.some((audience) => audience === value));
        if (claims === undefined || (isForAsked && valueAt(claims, ['sub']) === subject)) return token;
        const start = say`cannot get a token of ${theObject(object)} for ${theObject(generator)}`;
        const message = say`${start}: the API server's token is for another ServiceAccount or audience. Check \`server\` in the kubeconfig.`;
        throw new FindingError(finding('TOKEN_REFUSED', message, { object: generator, field: FIELD }));
      },
    },
  };
}

/**
 * Reads role and audience from a ServiceAccount's annotations. The token's audiences are that one, or `sts.amazonaws.com`, and then
 * those that the generator adds, as in External Secrets (`NewGeneratorSession` in providers/v1/aws/auth/auth.go).
 */
function readAnnotations(account: NamedRef, added: readonly string[], context: ResolvedContext): ReadIdentity {
  const { generator, answers, cluster } = context;
  if (account.namespace === undefined || cluster === undefined) return { faults: [] }; // it is refused already
  const object = coreObject('ServiceAccount', account);
  const start = say`cannot use ${theObject(object)} for ${theObject(generator)}`;
  const refuse = (message: Sayable, at: Reference) => ({
    faults: [finding('REFERENCE_MISSING', say`${start}: ${message}.`, at)],
  });
  const answer = objectIn(answers, objectKey(object));
  if (answer === null) {
    const where = notThere({ beside: 'the cluster', cure: `Apply it, or correct \`${FIELD}.name\`` });
    return refuse(say`it is ${where}`, { object: generator, field: FIELD });
  }
  const at = { object, field: ROLE_FIELD };
  const role = answer.annotations[ROLE_ANNOTATION];
  if (!role) {
    const cure = 'Set it to the ARN of the role that trusts this ServiceAccount';
    return refuse(say`it has no annotation \`${ROLE_ANNOTATION}\`. ${cure}`, at);
  }
  const audiences = [answer.annotations[AUDIENCE_ANNOTATION] || DEFAULT_AUDIENCE, ...added];
  const refused = audiences.find((audience) => API_SERVER.test(audience));
  if (refused !== undefined) return { faults: [apiServerAudience(generator, object, quoted(refused))] };
  return { identityRole: { ...at, identity: identityOf(account, [...new Set(audiences)]), role }, faults: [] };
}

/** A token that the API server accepts is not sent to anybody else. */
function apiServerAudience(generator: ObjectRef, account: ObjectRef, audience: Sayable): Finding {
  const start = say`cannot get a token of ${theObject(account)} for ${theObject(generator)}`;
  const message = say`${start}: the audience ${audience} is the API server's own, so the token would also give access to the cluster. Use the audience of IAM's OIDC provider.`;
  return finding('TOKEN_REFUSED', message, { object: generator, field: FIELD });
}

function noCluster(object: ObjectRef): Finding {
  const cause = say`${theField(AUTH_FIELD)} needs a ServiceAccount's token from an API server, and no cluster is switched on`;
  const cure = 'Set STS_FUNCTION_CLUSTER to "context:NAME" or "in-cluster", or set `cluster` in an Input';
  const message = say`cannot use ${theObject(object)}: ${cause}. ${cure}.`;
  return finding('CLUSTER_OFF', message, { object, field: AUTH_FIELD });
}

/** The audience that IAM's OIDC providers are usually made with. */
export const DEFAULT_AUDIENCE = 'sts.amazonaws.com';

/** Audiences that API servers accept, whose tokens open the cluster: names for pods, and those of k3s and rke2. */
const API_SERVER =
  /^(?:k3s|rke2|(?:https?:\/\/)?kubernetes(?:\.default)?(?:\.svc(?:\.[a-z0-9.-]+)?)?\.?(?::\d+)?\/?)$/i;

/** What a token says of itself; undefined for one that is not read, which is left to STS. */
function claimsOf(token: string): unknown {
  return attempt(() => parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
}

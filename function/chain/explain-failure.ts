import type { Code } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { detail, type ObjectRef, quoted, type Sayable, say, theField, theObject } from '../findings/say.ts';
import type { Hop } from '../model/hop.ts';
import { USERS_ONLY, USERS_ONLY_CURE } from '../model/long-term-keys.ts';
import { defined } from '../model/plain-data.ts';
import { AwsError, type AwsFailure } from '../model/world.ts';
import { ADVICE } from './advice.ts';
import { STS } from './operations/operation.ts';
import { operationOf } from './operations/operations.ts';
import { AttemptsError, isTransient } from './retry.ts';
import type { HopFailure } from './run-chain.ts';

/** The code that the SDK gives to an answer without one, such as the S3-style errors of other servers. */
const NO_CODE = 'Unknown';

/** Causes of a failed connection: the process (EMFILE) or the system (ENFILE) is out of files. */
const OUT_OF_FILES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);
const FILES_ADVICE = 'Raise `ulimit -n`, or lower STS_FUNCTION_CONCURRENCY';

/** Code, cause and advice for a failed hop, or a failed question for the caller; of AWS's answer only its code. */
function explainFailure(failure: AwsFailure, isRepeated: boolean, hop?: Hop): readonly [Code, Sayable, Sayable] {
  const service = hop === undefined ? STS : operationOf(hop).service(hop.request);
  switch (failure.kind) {
    case 'refused':
      return explainRefused(failure, isRepeated, { ...service, operation: hop?.operation ?? 'GetCallerIdentity' });
    case 'unreachable': {
      if (OUT_OF_FILES.has(failure.cause))
        return ['STS_UNAVAILABLE', `too many files are open (${failure.cause})`, FILES_ADVICE];
      const where = failure.host
        ? say`: DNS does not have the host ${quoted(failure.host)}`
        : failure.endpoint
          ? say` at ${quoted(failure.endpoint)}`
          : '';
      return [
        'STS_UNAVAILABLE',
        say`${service.name} was not reached${where} (${failure.cause})`,
        say`${failure.meant ? detail(`Did you mean \`${failure.meant}\`? `) : ''}Check ${theField('spec.region')}, the network, and the proxy and endpoint settings, and run again`,
      ];
    }
    case 'untrusted':
      return [
        'STS_UNAVAILABLE',
        `the certificate of the server is not trusted (${failure.cause})`,
        'Name its authority in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS, and check the endpoint settings',
      ];
    case 'noTunnel':
      return [
        'STS_UNAVAILABLE',
        say`the proxy ${quoted(failure.proxy)} does not connect to ${service.name} (${failure.cause})`,
        failure.httpStatus === 407
          ? 'Put user and password into HTTPS_PROXY'
          : `Let the proxy connect to ${service.name}, or put the host of ${service.name} into NO_PROXY`,
      ];
    case 'noCredentials':
      if (failure.profile !== undefined)
        return [
          'NO_CREDENTIALS',
          say`there is no profile ${quoted(failure.profile)} in the config and credentials files of AWS`,
          'Correct AWS_PROFILE or `source_profile`, or add the profile',
        ];
      return [
        'NO_CREDENTIALS',
        "the SDK's default chain found no credentials",
        say`Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. In a pod, use IRSA or EKS Pod Identity. Or set ${theField('spec.auth.secretRef')}, or \`identity\` in an Input`,
      ];
    case 'unfitTokenFile': {
      const [cause, cure] = failure.isRelative
        ? ['is a relative path, and a package may have a file there', 'Make it absolute']
        : ['is no regular file of at most 16 MB', 'Write the token to one'];
      return [
        'NO_CREDENTIALS',
        say`\`web_identity_token_file\` of the profile ${quoted(failure.profile)} ${cause}`,
        cure,
      ];
    }
    case 'temporaryKeys':
      return ['KEYS_TEMPORARY', `the SDK's default chain found temporary keys, and ${USERS_ONLY}`, USERS_ONLY_CURE];
    case 'noSessionToken':
      return [
        'CREDENTIAL_MALFORMED',
        "the SDK's default chain found temporary keys without their session token",
        'Set `aws_session_token` in the profile or AWS_SESSION_TOKEN, or use long-term keys',
      ];
    case 'deadline': // names no service: the default chain may be what did not answer
      return [
        'DEADLINE_PASSED',
        'there was no answer within STS_FUNCTION_TIMEOUT',
        'Check the network, proxy and endpoint settings, or raise STS_FUNCTION_TIMEOUT',
      ];
    case 'otherSession':
      return [
        'STS_MALFORMED',
        'the answer is for another role or session',
        `Check which server ${service.endpoints} names, and the proxies on the way`,
      ];
    case 'malformed':
      return [
        'STS_MALFORMED',
        `the answer is not a valid response of ${service.name}`,
        `Check which server ${service.endpoints} names`,
      ];
  }
}

/**
 * Why STS did not say who `whom` is.
 * @throws `error` itself if it is no failure of AWS
 */
export function explainNoCaller(error: unknown, whom: Sayable, object?: ObjectRef): Finding {
  if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
  const { failure } = error.last;
  const [code, cause, advice] = explainFailure(failure, error.isRepeated);
  const message = say`cannot ask who ${whom} is (sts:GetCallerIdentity): ${cause}. ${advice}.`;
  return finding(code, message, { ...defined({ object }), ...awsCodeOf(failure) });
}

/** The code of AWS's error, for a finding. */
function awsCodeOf(failure: AwsFailure): { readonly awsCode?: string } {
  return failure.kind === 'refused' && failure.awsCode !== NO_CODE ? { awsCode: failure.awsCode } : {};
}

function explainRefused(
  failure: Extract<AwsFailure, { kind: 'refused' }>,
  isRepeated: boolean,
  service: Record<'name' | 'endpoints' | 'operation', string>,
): readonly [Code, string, Sayable] {
  const { awsCode, httpStatus } = failure;
  const status = httpStatus === undefined ? '' : ` (HTTP ${httpStatus})`;
  const often = isRepeated ? ' on every attempt' : '';
  if (awsCode === NO_CODE) {
    const advice = `Check HTTPS_PROXY, and which server ${service.endpoints} names, or run again later`;
    return ['STS_UNAVAILABLE', `the answer has no AWS error code${status}${often}`, advice];
  }
  const row = Object.hasOwn(ADVICE, awsCode) ? ADVICE[awsCode] : undefined;
  if (row !== undefined) return [row[0], `${awsCode}${often}`, row[1]];
  if (isTransient({ failure }))
    return [
      'STS_UNAVAILABLE',
      `${awsCode}${status}${often}`,
      'Run again later, or with a lower STS_FUNCTION_CONCURRENCY',
    ];
  return [
    'HOP_REFUSED',
    `${awsCode}${status}${often}`,
    `Look the code up in the ${service.name} API reference under ${service.operation}`,
  ];
}

/** "cannot assume role ARN (hop n of m, sts:AssumeRole) for GENERATOR: CAUSE. ADVICE." Holds nothing of AWS's answer but its code. `generators`: those whose chains go through the hop. */
export function diagnose(at: HopFailure & { readonly generators: readonly [ObjectRef, ...ObjectRef[]] }): Finding {
  const { hop } = at;
  const operation = operationOf(hop);
  const where = say`hop ${at.position} of ${at.hopCount}, ${operation.action(hop.request)}`;
  const [generator, ...others] = at.generators;
  const whom = say`${theObject(generator)}${others.length === 0 ? '' : say` and ${others.length} more`}`;
  const start = say`cannot ${operation.describe(hop.request)} (${where}) for ${whom}`;
  const [code, cause, general] = explainFailure(at.failure, at.isRepeated, hop);
  const advice = code === 'HOP_DENIED' ? say`${operation.onDenial(hop.request)}. ${at.caller}` : general;
  const field = at.isOwn ? operation.field : undefined;
  return finding(code, say`${start}: ${cause}. ${advice}.`, {
    object: generator,
    ...(field && { field }),
    ...awsCodeOf(at.failure),
  });
}

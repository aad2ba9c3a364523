import { type Finding, fieldFinding } from '../api/finding.ts';
import type { Job, Plan } from '../api/plan.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Obtained, RegistryToken, Session } from '../api/session.ts';
import { applyTemplate, PartFault } from './apply-template.ts';
import { valuesOf } from './values-of.ts';

/** Looks like a session and is none: AWS's documentation keys, and a token as long as a real one. */
const STAND_IN: Session = {
  accessKeyId: new Sensitive('ASIAIOSFODNN7EXAMPLE'),
  secretAccessKey: new Sensitive('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  sessionToken: new Sensitive('EXAMPLETOKEN'.repeat(40)),
  expiration: new Date(2_000_000_000_000),
};

/** The same of a login. */
const STAND_IN_LOGIN: RegistryToken = {
  username: new Sensitive('AWS'),
  password: new Sensitive('EXAMPLEPASSWORD'.repeat(100)),
  expiration: new Date(2_000_000_000_000),
};

function standIn({ hops }: Plan): Obtained {
  const last = hops.at(-1);
  if (last?.operation !== 'GetAuthorizationToken') return STAND_IN;
  if (last.request.scope === 'public') return STAND_IN_LOGIN;
  return { ...STAND_IN_LOGIN, proxyEndpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com' };
}

/** What is wrong with a job's template, found with a stand-in for each session before any is asked for. */
export async function tryTemplate({
  generator,
  parts,
  form,
}: Pick<Job, 'generator' | 'parts' | 'form'>): Promise<Finding[]> {
  if (form.template === undefined) return [];
  const obtained = parts.map((part) => ({ part, obtained: standIn(part.plan), issuedAt: new Date(0) }));
  try {
    await applyTemplate(form.template, valuesOf({ form }, obtained));
    return [];
  } catch (error) {
    if (error instanceof PartFault) return [explainPart(generator, error)];
    throw error;
  }
}

/** A fault of a template as a finding. */
export function explainPart(object: Job['generator'], { field, message }: PartFault): Finding {
  return fieldFinding('TEMPLATE_INVALID', { object, field }, message);
}

import { type Finding, fieldFinding, finding, hasErrors } from '../findings/finding.ts';
import { type ObjectRef, quoted, say, theField, theObject, type Words } from '../findings/say.ts';
import type { ConsumingExternalSecret } from '../manifests/consume-generators.ts';
import type { ExternalSecretSpec } from '../manifests/external-secret.ts';
import { formOf, ignoredFields } from '../manifests/read-external-secret.ts';
import { NEEDS_HASH_ANNOTATION } from '../model/annotations.ts';
import type { Guards } from '../model/grant.ts';
import type { Job, SecretPart } from '../model/job.ts';
import { coreObject } from '../model/kinds.ts';
import { secondsOf } from '../model/plain-data.ts';
import type { LoopLimits } from '../model/run-limits.ts';
import { type ApplyTemplate, tryTemplate } from '../secret/apply-template.ts';
import { addedKeys, generatedKeys } from '../secret/format-secret.ts';
import { KEYS_OF_TYPE, typeOf } from '../secret/render-secret.ts';
import { shortestLifetime } from '../secret/renewal.ts';
import { rewriteKeys } from '../secret/rewrite-keys.ts';
import { chooseGrants } from './choose-grants.ts';
import { type DraftContext, type DraftedGenerator, toJob } from './draft-generator.ts';

type DraftResult = { readonly jobs: readonly Job[]; readonly findings: readonly Finding[] };

/** What all ExternalSecrets of a request share. */
interface ExternalSecretContext extends DraftContext {
  readonly guards: Guards;
  readonly applyTemplate: ApplyTemplate | undefined;
}

/** The job of an ExternalSecret: one Secret, with the session of each generator that it names. */
export async function draftExternalSecret(
  read: ConsumingExternalSecret,
  byKey: ReadonlyMap<string, DraftedGenerator>,
  context: ExternalSecretContext,
): Promise<DraftResult> {
  const { purpose, isClusterOfManifests, applyTemplate, work, throwIfExpired } = context;
  const { object, annotations, spec, target, generators } = read;
  if (spec === undefined) return { jobs: [], findings: read.findings };
  const draftedGenerators = generators.map((key) => byKey.get(key));
  const limits = { work, throwIfExpired };
  const parts: Awaited<ReturnType<typeof draftPart>>[] = [];
  for (const index of spec.dataFrom.keys()) // in turn, since each may do a part of what those before it leave
    parts.push(await draftPart(read, index, draftedGenerators[index], limits));
  const makesNone = spec.target?.creationPolicy === 'None';
  const notes = purpose.acts ? [] : [...ignoredFields(read), ...(makesNone ? [noSecret(object)] : [])];
  const findings = [...parts.flatMap((part) => part.findings), ...hiddenEntry(object, parts), ...notes];
  const form = formOf(spec, read);
  const templates = (form.template?.templates ?? []).flatMap((template) =>
    'from' in template ? [{ object: coreObject(template.from.kind, template.from), field: template.field }] : [],
  );
  const readsMore = isClusterOfManifests && templates.length > 0;
  const isRefused = hasErrors([...findings, ...draftedGenerators.flatMap((generator) => generator?.findings ?? [])]);
  const chosen: Awaited<ReturnType<typeof chooseGrants>>[] = [];
  for (const [index, { part: bare }] of parts.entries()) {
    const generator = draftedGenerators[index]?.generator;
    if (bare === undefined || generator === undefined) continue;
    const part = { ...bare, mayUseCluster: bare.mayUseCluster || readsMore };
    chosen.push(isRefused ? { part, findings: [] } : await chooseGrants(part, { target, form }, generator, context));
  }
  const [first, ...others] = chosen.map(({ part }) => part);
  if (first === undefined || chosen.length < parts.length) return { jobs: [], findings };
  const job = toJob({ requester: object, annotations, target, form, parts: [first, ...others] }, templates);
  const tried = applyTemplate === undefined ? [] : tryTemplate(job, applyTemplate, limits);
  const refused = chosen.flatMap((choice) => choice.findings);
  const further = isRefused || hasErrors(tried) ? [] : [...refreshedTooLate(job, spec), ...lacks(job)];
  return { jobs: makesNone ? [] : [job], findings: [...findings, ...tried, ...refused, ...further] };
}

/** Warns of the first entry whose keys later entries all give, too. */
function hiddenEntry(object: ObjectRef, parts: readonly { readonly part?: SecretPart }[]): Finding[] {
  const later = new Set<string>();
  let hidden: number | undefined;
  for (const [index, { part }] of [...parts.entries()].toReversed()) {
    const keys = part === undefined ? [] : Object.values(part.dataKeys ?? generatedKeys(part));
    if (keys.length > 0 && keys.every((key) => later.has(key))) hidden = index;
    for (const key of keys) later.add(key);
  }
  if (hidden === undefined) return [];
  const field = `spec.dataFrom[${hidden}]`;
  const message = say`${theField(field)} of ${theObject(object)} gives nothing to the Secret: later entries give each of its keys. Give it a \`rewrite\`, or remove it.`;
  return [{ ...finding('FIELD_IGNORED', message, { object, field }), severity: 'warning' }];
}

function noSecret(object: ObjectRef): Finding {
  const field = 'spec.target.creationPolicy';
  const message = say`no Secret is made of ${theObject(object)}: ${theField(field)} is "None". For one, remove it.`;
  return { ...finding('GENERATOR_UNUSED', message, { object, field }), severity: 'info' };
}

/** The part for one entry of `dataFrom`: a generator's session, its keys rewritten. */
async function draftPart(
  { object, spec }: ConsumingExternalSecret,
  index: number,
  generator: DraftedGenerator | undefined,
  limits: LoopLimits,
): Promise<{ readonly part?: SecretPart; readonly findings: readonly Finding[] }> {
  const rewrites = spec?.dataFrom[index]?.rewrite ?? [];
  const part = generator?.part;
  if (rewrites.length === 0) return { ...(part === undefined ? {} : { part }), findings: [] };
  const at = { object, field: `spec.dataFrom[${index}].rewrite` };
  const { keys: dataKeys, findings } = await rewriteKeys(generatedKeys(part), rewrites, at, limits);
  if (part === undefined || dataKeys === undefined) return { findings: dataKeys ? [] : findings }; // of a generator that cannot be read keys are a guess: nobody is warned of these
  return { part: { ...part, dataKeys }, findings };
}

/** Warns where a session would end before its Secret is renewed: by an operator, or in a cluster, which refuses other data. */
function refreshedTooLate(
  { requester: object, annotations, form, parts }: Pick<Job, 'requester' | 'annotations' | 'parts' | 'form'>,
  { refreshInterval, refreshPolicy = 'Periodic' }: ExternalSecretSpec,
): Finding[] {
  const warn = (field: string, message: Words) => [finding('REFRESHED_TOO_LATE', message, { object, field })];
  if (form.immutable && !(NEEDS_HASH_ANNOTATION in annotations)) {
    const cause = say`${theField('spec.target.immutable')} lets clusters refuse the next session`;
    return warn(
      'spec.target.immutable',
      say`the Secret of ${theObject(object)} cannot be renewed: ${cause}. Remove it.`,
    );
  }
  const who = say`an operator would renew the credentials of ${theObject(object)}`;
  const interval = refreshInterval === undefined ? 1 : secondsOf(refreshInterval);
  const isPeriodic = refreshPolicy === 'Periodic';
  const field = isPeriodic ? 'spec.refreshInterval' : 'spec.refreshPolicy';
  if (!isPeriodic || interval === 0) {
    const cause = say`${theField(field)} is ${quoted(isPeriodic ? (refreshInterval ?? '') : refreshPolicy)}`;
    return warn(field, say`${who} only once: ${cause}. Remove it.`);
  }
  const seconds = shortestLifetime({ parts });
  if (interval <= seconds) return [];
  const cause = say`${theField(field)} is longer than the session's ${seconds} seconds`;
  return warn(field, say`${who} too late: ${cause}. Shorten it.`);
}

/** A value of a generator, and nothing else. */
const ENCODED = /^\s*\{\{-? *(?:\.\w+ *\| *b64enc|b64enc +\.\w+) *(?:\| *quote *)?-?\}\}\s*$/;

/** What the Secret lacks: any key; each credential, where no text of its template has a value; a key that API servers ask of its type. */
function lacks({ requester: object, form, parts }: Pick<Job, 'requester' | 'form' | 'parts'>): Finding[] {
  const { template, merge } = form;
  // External Secrets makes no Secret of no value (external-secrets/external-secrets, v2.9.0, pkg/controllers/externalsecret/
  // externalsecret_controller.go, Reconcile: it leaves what is there, and says that all is well)
  if (parts.every(({ dataKeys }) => dataKeys !== undefined && Object.keys(dataKeys).length === 0)) {
    const text = 'gives no key, since each `rewrite` leaves out all; correct one of them';
    return [fieldFinding('SPEC_INVALID', { object, field: 'spec.dataFrom' }, text)];
  }
  const field = 'spec.target.template';
  const dataTemplates = template?.templates.filter(({ target }) => target === 'Data');
  if (template?.keepsValues === false && dataTemplates?.every((each) => 'text' in each && !each.text.includes('{{'))) {
    const message = say`the Secret of ${theObject(object)} has no credentials: no text of ${theField(field)} has \`{{ }}\`. Write \`{{ .KEY }}\` where a value belongs, or set \`mergePolicy: Merge\`.`;
    return [{ ...finding('TEMPLATE_INVALID', message, { object, field }), severity: 'warning' }];
  }
  const encoded = dataTemplates?.find((each) => 'text' in each && ENCODED.test(each.text));
  if (encoded !== undefined) {
    const message = say`a value of the Secret of ${theObject(object)} is encoded twice: ${theField(encoded.field)} does it, and so does Kubernetes. Remove \`b64enc\`.`;
    return [{ ...finding('TEMPLATE_INVALID', message, { object, field: encoded.field }), severity: 'warning' }];
  }
  const keys = merge === undefined ? addedKeys({ form, parts }) : undefined;
  const isThere = (key: string) => keys?.includes(key) || (key === 'username' && keys?.includes('password'));
  const lacking = keys && KEYS_OF_TYPE[typeOf(form)]?.find((key) => !isThere(key));
  if (lacking === undefined) return [];
  const text = say`is ${quoted(typeOf(form))}, and API servers refuse such a Secret without key ${quoted(lacking)}; add it`;
  return [fieldFinding('SPEC_INVALID', { object, field: `${field}.type` }, text)];
}

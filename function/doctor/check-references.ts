import type { RunResult } from '../files/answer-files.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { isGenerator, type NamedRef, secretObject } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { defined, distinct, textAt, valueAt } from '../model/plain-data.ts';
import { madeBy } from '../repository/kustomize-edits.ts';
import type { FoundObject, Survey } from './survey.ts';

/** So many names are compared with as many Secrets and generators. */
const MOST = 200;

/**
 * Workloads and others that read a Secret, or name a generator, under nearly the name of one that is made here, where no manifest has that
 * name. One of another name may come from anywhere, and a short name may be another word.
 */
export function checkReferences({ others, repository }: Survey, ran: readonly RunResult[]): Finding[] {
  const jobs = ran.flatMap(({ draft, secrets = [] }) => [...(draft?.jobs ?? []), ...secrets]);
  const targets = jobs.map(({ target }) => target);
  const items = repository.all.flatMap(({ item }) => item.object ?? []);
  const made = [...targets.map(secretObject).slice(0, MOST), ...items.filter(isGenerator).slice(0, MOST)];
  const read = others.map(namesIn);
  const objects = [...targets, ...items, ...repository.kustomizations.flatMap(madeBy)];
  const there = new Set([...read.flatMap(({ names }) => names), ...objects.map(({ name }) => name)]);
  const unknown = read.flatMap(({ references }) => references).filter(({ name }) => !there.has(name));
  const each = distinct(unknown, ({ kind, name, namespace }) => JSON.stringify([kind, name, namespace]));
  return each.slice(0, MOST).flatMap(({ by, field, kind, name, namespace }) => {
    const isFor = (object: NamedRef) => (object.namespace ?? namespace) === (namespace ?? object.namespace);
    const near = made.find((object) => object.kind === kind && isFor(object) && isSlip(name, object.name));
    if (near === undefined || name.length < 5) return [];
    const message = `${describeObject(by.object)} names ${kind} ${quote(name)}, which is not there; did you mean ${quote(near.name)}? Correct it.`;
    return { ...finding('REFERENCE_MISSING', message, { location: by.locationOf(field) }), severity: 'warning' };
  });
}

/** Fields with a Secret that is read, or a generator. Whatever else has a name may make one. */
const READS = /^(?:\w*[sS]ecret(?:Key)?Ref|imagePullSecrets|secret|generatorRef)$/;

function namesIn(by: FoundObject) {
  const references: (NamedRef & { readonly kind: string; readonly by: FoundObject; readonly field: string })[] = [];
  const names: string[] = [];
  const open: { value: unknown; field: string; under: string }[] = [{ value: by.value, field: '', under: '' }];
  const seen = new Set<unknown>();
  for (const { value, field, under } of open) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const name = textAt(value, ['secretName']) ?? textAt(value, ['name']);
    const namespace = textAt(value, ['namespace']) ?? by.object.namespace;
    const kind = under === 'generatorRef' ? (textAt(value, ['kind']) ?? '') : 'Secret';
    if (name !== undefined && !READS.test(under)) names.push(name);
    else if (name !== undefined && valueAt(value, ['optional']) !== true)
      references.push({ by, field, kind, name, ...defined({ namespace }) });
    for (const [part, inner] of Object.entries(value))
      if (Array.isArray(value)) open.push({ value: inner, field: `${field}[${part}]`, under });
      else open.push({ value: inner, field: field === '' ? part : `${field}.${part}`, under: part });
  }
  return { references, names };
}

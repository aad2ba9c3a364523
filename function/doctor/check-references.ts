import type { RunResult } from '../files/answer-files.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import type { NamedRef } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { defined, distinct, textAt, valueAt } from '../model/plain-data.ts';
import { madeBy } from '../repository/kustomize-edits.ts';
import type { FoundObject, Survey } from './survey.ts';

/** So many names are compared with as many Secrets. */
const MOST = 200;

/**
 * Workloads and others that read a Secret under nearly the name of one that is made here, where no manifest has that name. One of another
 * name may come from anywhere.
 */
export function checkReferences({ others, repository }: Survey, ran: readonly RunResult[]): Finding[] {
  const made = ran.flatMap(({ draft, secrets = [] }) =>
    [...(draft?.jobs ?? []), ...secrets].map(({ target }) => target),
  );
  const read = others.map(namesIn);
  const items = repository.all.flatMap(({ item }) => item.object ?? []);
  const objects = [...made, ...items, ...repository.kustomizations.flatMap(madeBy)];
  const there = new Set([...read.flatMap(({ names }) => names), ...objects.map(({ name }) => name)]);
  const unknown = read.flatMap(({ references }) => references).filter(({ name }) => !there.has(name));
  const each = distinct(unknown, ({ name, namespace }) => JSON.stringify([name, namespace]));
  return each.slice(0, MOST).flatMap(({ by, field, name, namespace }) => {
    const isFor = (target: NamedRef) => (target.namespace ?? namespace) === (namespace ?? target.namespace);
    const near = made.slice(0, MOST).find((target) => isFor(target) && isSlip(name, target.name));
    if (near === undefined) return [];
    const message = `${describeObject(by.object)} reads Secret ${quote(name)}, which nothing here makes; did you mean ${quote(near.name)}? Correct it.`;
    return { ...finding('REFERENCE_MISSING', message, { location: by.locationOf(field) }), severity: 'warning' };
  });
}

/** Fields with a Secret that is read. Whatever else has a name may make one. */
const READS = /^(?:\w*[sS]ecret(?:Key)?Ref|imagePullSecrets|secret)$/;

function namesIn(by: FoundObject) {
  const references: (NamedRef & { readonly by: FoundObject; readonly field: string })[] = [];
  const names: string[] = [];
  const open: { value: unknown; field: string; under: string }[] = [{ value: by.value, field: '', under: '' }];
  const seen = new Set<unknown>();
  for (const { value, field, under } of open) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const name = textAt(value, ['secretName']) ?? textAt(value, ['name']);
    const namespace = textAt(value, ['namespace']) ?? by.object.namespace;
    if (name !== undefined && !READS.test(under)) names.push(name);
    else if (name !== undefined && valueAt(value, ['optional']) !== true)
      references.push({ by, field, name, ...defined({ namespace }) });
    for (const [part, inner] of Object.entries(value))
      if (Array.isArray(value)) open.push({ value: inner, field: `${field}[${part}]`, under });
      else open.push({ value: inner, field: field === '' ? part : `${field}.${part}`, under: part });
  }
  return { references, names };
}

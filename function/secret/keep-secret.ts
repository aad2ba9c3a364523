import { OWN_ANNOTATIONS, othersIn } from '../api/annotations.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { SecretForm, WantedSecret } from '../api/job.ts';
import type { KnownObject } from '../api/known.ts';
import type { SecretTemplate, TemplatePart } from '../api/secret-template.ts';
import { stringsIn } from '../api/strings-in.ts';
import { toManifest } from './to-manifest.ts';

/**
 * The Secret of a job as it is, in the form in which it was emitted: our annotations, those of its form, its labels and its
 * data, and nothing that others added. For a host that has to say again in each run what is to stay.
 */
export function keepSecret(secret: Pick<WantedSecret, 'target' | 'form'>, existing: KnownObject): SecretManifest {
  const { annotations, data } = existing;
  const { template } = secret.form;
  const form = template === undefined ? secret.form : { ...secret.form, ...renderedIn(existing, template) };
  return toManifest({ ...secret, form }, only(annotations, OWN_ANNOTATIONS), stringsIn(data));
}

/** What templates made of a session that is not at hand any more. */
function renderedIn({ labels = {}, annotations }: KnownObject, template: SecretTemplate): SecretForm {
  const kept = madeBy(template, 'Labels', labels);
  return {
    ...(Object.keys(kept).length === 0 ? {} : { labels: kept }),
    annotations: madeBy(template, 'Annotations', annotations),
  };
}

/** By name. Where a template gives the names as well, whatever is not an orchestrator's may be its own. */
function madeBy(
  { parts }: SecretTemplate,
  target: TemplatePart['target'],
  record: Readonly<Record<string, string>>,
): Record<string, string> {
  const some = parts.filter((part) => part.target === target);
  const others = some.some(({ key }) => key === undefined) ? othersIn(record) : {};
  return {
    ...others,
    ...only(
      record,
      some.flatMap(({ key }) => key ?? []),
    ),
  };
}

function only(record: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

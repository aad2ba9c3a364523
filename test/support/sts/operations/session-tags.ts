import { AwsError } from '../aws-error.ts';
import type { Caller, Tag } from '../caller.ts';
import type { Parameters } from '../http/parameters.ts';
import type { Constraints } from './constraints.ts';
import { MAX_TAGS, TAG_KEY, TAG_VALUE } from './limits.ts';

/** The session tags one AssumeRole asks for. */
export interface RequestedTags {
  readonly tags: readonly Tag[];
  readonly transitiveKeys: readonly string[];
}

export function readTags(parameters: Parameters, constraints: Constraints): RequestedTags {
  const members = parameters.list('Tags');
  const transitiveKeys = parameters.texts('TransitiveTagKeys');
  constraints.count('tags', members, MAX_TAGS);
  constraints.count('transitiveTagKeys', transitiveKeys, MAX_TAGS);
  members.forEach((member, index) => {
    constraints.text(`tags.${index + 1}.member.key`, member.get('Key'), TAG_KEY);
    constraints.text(`tags.${index + 1}.member.value`, member.get('Value'), TAG_VALUE);
  });
  transitiveKeys.forEach((key, index) => {
    constraints.text(`transitiveTagKeys.${index + 1}.member`, key, TAG_KEY);
  });
  const tags = members.map((member) => ({ key: member.get('Key') ?? '', value: member.get('Value') ?? '' }));
  return { tags, transitiveKeys };
}

/**
 * The transitive tags of the new session: those it inherits and those it adds.
 * Keys compare without case; an inherited tag cannot be set again.
 */
export function transitiveTags(caller: Caller, { tags, transitiveKeys }: RequestedTags): Tag[] {
  const keys = tags.map(({ key }) => key.toLowerCase());
  const transitive = new Set(transitiveKeys.map((key) => key.toLowerCase()));
  if (new Set(keys).size < keys.length) {
    throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  if ([...transitive].some((key) => !keys.includes(key))) {
    throw invalid('The specified transitive tag key must be included in the requested tags.');
  }
  if (caller.transitiveTags.some(({ key }) => keys.includes(key.toLowerCase()))) {
    throw invalid(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key " +
        'from the calling session.',
    );
  }
  return [...caller.transitiveTags, ...tags.filter(({ key }) => transitive.has(key.toLowerCase()))];
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

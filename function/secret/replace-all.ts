import type { Matcher, RE2JS } from 're2js';

/** `$$`, `${name}` or `$name`, where a name is as long as it can be: `$1x` is the group of that name. */
const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
/** A group's number; any other name is the name of one. */
const NUMBER = /^(?:0|[1-9]\d{0,7})$/;

/**
 * Go's Regexp.ReplaceAllString: every match that does not overlap, but no empty one right behind another, and Go's own rules
 * for what `$` means. A group that there is not is empty. `spend` hears before each search how many steps it may take.
 */
export function replaceAll(
  expression: RE2JS,
  text: string,
  replacement: string,
  spend: (steps: number) => void = () => {},
): string {
  const size = expression.programSize();
  const matcher = expression.matcher(text);
  let result = '';
  let end = 0;
  const find = () => {
    spend(size * (text.length - end + 1));
    return matcher.find();
  };
  for (let isFirst = true; find(); isFirst = false) {
    result += text.slice(end, matcher.start());
    if (matcher.end() > end || isFirst) result += expand(replacement, matcher);
    end = matcher.end();
  }
  return result + text.slice(end);
}

function expand(replacement: string, matcher: Matcher): string {
  return replacement.replaceAll(REFERENCE, (_, dollar?: string, braced?: string, bare?: string) =>
    dollar === undefined ? groupOf(matcher, braced ?? bare ?? '') : '$',
  );
}

function groupOf(matcher: Matcher, name: string): string {
  if (NUMBER.test(name)) return Number(name) <= matcher.groupCount() ? (matcher.group(Number(name)) ?? '') : '';
  return Object.hasOwn(matcher.namedGroups, name) ? (matcher.group(name) ?? '') : '';
}

/** The parser's error codes in words. Its own messages may quote the text, which may be a Secret's. */
const CAUSES: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias is wrong',
  BAD_INDENT: 'the indentation is wrong, or a bracket is not closed',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping starts where only a value may stand',
  BLOCK_IN_FLOW: 'a block collection is inside brackets',
  DUPLICATE_KEY: 'a key is repeated',
  IMPOSSIBLE: 'the text is not YAML',
  KEY_OVER_1024_CHARS: 'a key is too long',
  MISSING_CHAR: 'a quote, bracket or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines, or a colon is missing',
  MULTIPLE_DOCS: 'a second YAML document begins; one ResourceList is expected',
  TAB_AS_INDENT: 'a tab is used as indentation',
  UNEXPECTED_TOKEN: 'the text is not YAML',
};

/** What is wrong at the position of a YAML error, without a byte of the text. */
export function explainYamlError(code: string): string {
  return CAUSES[code] ?? `the text is not valid YAML (${code})`;
}

/** How a token of a ServiceAccount begins, as it is and in base64: its header is JSON with `alg` in front. */
const JWT = /(?:eyJhbGci|ZXlKaGJHY2)[\w./+=-]{8}/g;

/** What of `text` is a token: one of `tokens`, or any of a ServiceAccount. A test expects it to be empty. */
export function tokensIn(text: string, tokens: Readonly<Record<string, string>>): string[] {
  return [...Object.values(tokens).filter((token) => text.includes(token)), ...(text.match(JWT) ?? [])];
}

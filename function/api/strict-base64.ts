/** Strict base64; line breaks inside are allowed, as YAML block scalars leave them. Undefined: it is something else. */
export function decodeStrictBase64(text: string): Buffer | undefined {
  const compact = text.replaceAll(/[\r\n]/g, '');
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact);
  return isBase64 ? Buffer.from(compact, 'base64') : undefined;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that these bytes are, a byte order mark with it; undefined when they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** New text for a range of the input. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The one writer: a text with edits spliced in, so that whatever is not changed keeps every byte. */
export function splice(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return parts.join('') + text.slice(at);
}

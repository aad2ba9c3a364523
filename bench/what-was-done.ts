/** What was done about each module that takes much of the time. The page says so of the first ones. */
const DONE: Readonly<Record<string, string>> = {
  'Node.js': `most of it is loading: chunks are loaded when they are due; of Node's own modules nothing is read that is not used; compiled
functions are kept beside the bundle ([decision 51](../docs/decisions/051-functions-are-kept-compiled.md)). Input is read and output written by
synchronous calls`,
  '(garbage collector)': `of a list only the items that may be looked at are parsed, a parsed one is let go after it was read
([decision 13](../docs/decisions/013-a-list-is-split.md)), and output is encoded a piece at a time`,
  '(program)': "it is time outside of JavaScript, such as the process's own start and end, which no code of ours is in",
  'top level of chunks': `what runs as a chunk is loaded, with the compilation of its functions: the bundle is split, so that a run loads the chunks
that it needs, and they come from the compile cache`,
  yaml: `a list in an orchestrator's layout is split, and only items that may be looked at are parsed
([decision 13](../docs/decisions/013-a-list-is-split.md)); only what is changed is printed`,
  zod: 'its compiled parsers are off, since compiling one costs more than a few specs save',
  'function/krm': `the list is split by a few regular expressions over the whole text, not line by line, and what is not changed is copied as one
piece`,
};

const FIRST = 3;

/** A list of what was done about the first of these modules; of a module nobody looked at it says that. */
export function whatWasDone(modules: readonly string[]): string {
  const lines = modules.slice(0, FIRST).map((name) => `- ${name}: ${DONE[name] ?? 'nothing yet'}.\n`);
  return `What was done about the first three modules:\n\n${lines.join('')}`;
}

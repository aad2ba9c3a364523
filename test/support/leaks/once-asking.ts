/**
 * A file for `--require` that runs `code` in the function's process when that sends its first request: what handles faults is there by
 * then, and without an answer the run has not ended.
 */
export function onceAsking(code: string): string {
  return `const { subscribe, unsubscribe } = require('node:diagnostics_channel');
const asking = () => {
  unsubscribe('http.client.request.start', asking);
  process.nextTick(() => { ${code} }); // a channel would catch what is thrown
};
subscribe('http.client.request.start', asking);
`;
}

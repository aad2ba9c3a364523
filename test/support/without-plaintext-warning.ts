/** What a run says on standard error, but for the warning that every run has whose Secrets go into files. */
export function withoutPlaintextWarning(stderr: string): string {
  return stderr.replace(/^warning: cannot keep credentials out of the package: .*\n/m, '');
}

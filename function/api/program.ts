/** Name of the executable, wherever it is. */
export const PROGRAM = 'function-sts-assume-role';

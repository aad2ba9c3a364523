import { parseSync } from '@swc/core';

/** One import, and where it stands. */
export interface Import {
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
}

/** Every import of a source: declarations, re-exports, dynamic imports and import types. */
export function importsOf(file: string, source: string): Import[] {
  const module = parseSync(source, { syntax: 'typescript', target: 'es2023' });
  const found: Import[] = [];
  const first = source.length - source.trimStart().length; // swc's first byte is the first token's, and it counts on from file to file
  const add = (node: { value: string; span: { start: number } }) => {
    const before = Buffer.from(source)
      .subarray(0, node.span.start - module.span.start + first)
      .toString();
    found.push({ file, line: before.split('\n').length, specifier: node.value });
  };
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const value of Object.values(node)) walk(value);
    if ('source' in node && isString(node.source)) add(node.source);
    if ('type' in node && node.type === 'TsImportType' && 'argument' in node && isString(node.argument))
      add(node.argument);
    if (
      'type' in node &&
      node.type === 'CallExpression' &&
      'callee' in node &&
      isImport(node.callee) &&
      'arguments' in node
    ) {
      for (const argument of node.arguments as { expression: unknown }[])
        if (isString(argument.expression)) add(argument.expression);
    }
  };
  walk(module.body);
  return found;
}

function isString(node: unknown): node is { value: string; span: { start: number } } {
  return typeof node === 'object' && node !== null && 'type' in node && node.type === 'StringLiteral';
}

function isImport(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'type' in node && node.type === 'Import';
}

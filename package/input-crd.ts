import { stringify } from 'yaml';
import * as z from 'zod';
import { stepInput } from '../function/manifests/input.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
}

/** Lists whose entries have more than one shape, which a structural schema cannot say. */
const ANY_SHAPE: readonly string[] = ['via', 'generators'];

/**
 * The CRD of the step's input: it is never installed, Crossplane and editors read its schema. A structural schema allows less
 * than zod writes, so that some is left out; the function itself checks all of it.
 */
export function inputCrd(): string {
  const schema = z.toJSONSchema(stepInput(), { unrepresentable: 'any' }) as Schema; // a JSON Schema is wider than what we read
  const {
    apiVersion: _,
    kind: __,
    metadata: ___,
    ...properties
  } = structural(schema).properties as Record<string, unknown>;
  const openAPIV3Schema = {
    type: 'object',
    description: 'Which sessions a step of a Composition makes. It selects, it never grants.',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...properties,
    },
  };
  const names = {
    kind: 'Input',
    listKind: 'InputList',
    plural: 'inputs',
    singular: 'input',
    categories: ['crossplane'],
  };
  const version = { name: 'v1beta1', served: true, storage: true, schema: { openAPIV3Schema } };
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'inputs.sts.fn.crossplane.io' },
    spec: { group: 'sts.fn.crossplane.io', names, scope: 'Namespaced', versions: [version] },
  };
  return `# Made by \`npm run generate\` from function/manifests/step-input.ts.\n${stringify(crd, { aliasDuplicateObjects: false, lineWidth: 0 })}`;
}

function structural(written: Schema, name = ''): Record<string, unknown> {
  const schema = written.anyOf?.find(({ type }) => type !== 'null') ?? written;
  const description = written.description ?? schema.description;
  const described = description === undefined ? {} : { description };
  const { type, properties, items, additionalProperties, required, pattern } = schema;
  if (type === undefined || schema.anyOf !== undefined)
    return { ...described, 'x-kubernetes-preserve-unknown-fields': true };
  if (type === 'array') {
    const any = ANY_SHAPE.includes(name) || items === undefined;
    return { ...described, type, items: any ? { 'x-kubernetes-preserve-unknown-fields': true } : structural(items) };
  }
  if (type !== 'object') {
    const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
    return { ...described, type, ...(values ? { enum: values } : {}), ...(pattern ? { pattern } : {}) };
  }
  if (properties !== undefined)
    return {
      ...described,
      type,
      ...(required === undefined ? {} : { required }),
      properties: Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, structural(inner, key)])),
    };
  const values = typeof additionalProperties === 'object' ? structural(additionalProperties) : undefined;
  return {
    ...described,
    type,
    ...(values ? { additionalProperties: values } : { 'x-kubernetes-preserve-unknown-fields': true }),
  };
}

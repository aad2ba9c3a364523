/** An Input as the functionConfig of a ResourceList; `fields`: block YAML, indented by two. */
export function functionConfig(fields: string): string {
  return `functionConfig:\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n${fields}`;
}

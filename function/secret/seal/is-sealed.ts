/** True for an object that sops encrypted: its `sops` at the top has a MAC. */
export function isSealed(object: unknown): boolean {
  const sops = own(object, 'sops');
  return typeof own(sops, 'mac') === 'string';
}

function own(object: unknown, name: string): unknown {
  const isThere = typeof object === 'object' && object !== null && Object.hasOwn(object, name);
  return isThere ? (object as Record<string, unknown>)[name] : undefined; // it has this key
}

/** What `make` gives, made when somebody first asks for it, and kept: most runs ask for little of what there is. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

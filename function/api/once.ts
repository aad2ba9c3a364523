/** What `make` gives, made when somebody first asks for it: a schema costs more to make than to use, and a run needs few of them. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

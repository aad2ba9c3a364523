import { quote } from './quote.ts';

/** What identifies a Kubernetes object in text: enough for a result's `resourceRef`. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent when the manifest has none: absent and "default" are different texts. */
  readonly namespace?: string;
  /** Of a ClusterGenerator as one namespace uses it: where its spec is in the ClusterGenerator. */
  readonly specPath?: string;
}

/**
 * What stands between the words of a sentence. What a reader is shown of it follows from its kind:
 *
 * - `quoted`: what somebody wrote;
 * - `name`: the name of a part of an object, such as a key or a label;
 * - `object`: an object; `locations`: where it is written, if it is more than once;
 * - `field`: a path in the object that the sentence is about;
 * - `detail`: more about a text that somebody wrote, with pieces of it;
 * - `options`: where the options of a run are written; `policy`: the operator's Policy;
 * - `absent`: where an object was looked for that is not there, and what helps.
 */
type Value =
  | { readonly kind: 'quoted' | 'name' | 'field' | 'detail'; readonly text: string }
  | { readonly kind: 'object' | 'locations'; readonly object: ObjectRef }
  | { readonly kind: 'options' | 'policy' }
  | { readonly kind: 'absent'; readonly where: Absent };

/** Where an object is not, beside the manifests, and what helps. */
export interface Absent {
  /** The cluster that was asked. */
  readonly beside?: Sayable;
  /** Why no cluster was, as the end of the sentence. */
  readonly also?: string;
  readonly cure: string;
  /** What alone helps a generator of kustomize, which gets no resources. */
  readonly cureOfGenerator?: string;
}

/** A sentence, or a part of one: words of this function with values between them. */
export class Words {
  readonly pieces: readonly (string | Value)[];

  constructor(pieces: readonly (string | Value)[]) {
    this.pieces = pieces;
  }

  /** @throws always: a reader renders it. */
  toString(): string {
    throw new Error('a sentence is rendered for a reader');
  }
}

/** What may be put into a sentence. A text is words of this function: what somebody wrote is `quoted`. */
export type Sayable = Words | string;

/** A sentence with values in it. */
export function say(words: TemplateStringsArray, ...values: readonly (Sayable | number)[]): Words {
  return new Words(words.flatMap((word, index) => [word, ...piecesOf(values[index] ?? '')]));
}

/** Several, with the same words between them. */
export function joined(all: readonly Sayable[], between: string): Words {
  return new Words(all.flatMap((part, index) => (index === 0 ? piecesOf(part) : [between, ...piecesOf(part)])));
}

/** The first of them by name, and how many more there are. */
export function firstOf<T>(all: readonly T[], most: number, nameOf: (value: T) => Sayable, between: string): Words {
  const more = all.length > most ? [`${all.length - most} more`] : [];
  return joined([...all.slice(0, most).map(nameOf), ...more], between);
}

function piecesOf(value: Sayable | number): readonly (string | Value)[] {
  return value instanceof Words ? value.pieces : [String(value)];
}

const textOf = (kind: Extract<Value, { readonly text: string }>['kind']) => (text: string) =>
  new Words([{ kind, text }]);

/** Puts what somebody wrote into a sentence. */
export const quoted = textOf('quoted');

/** Puts the name of a part of an object into a sentence. */
export const named = textOf('name');

/** Puts a path in the object that the sentence is about, or in the options, into it. */
export const theField = textOf('field');

/** More about a text that somebody wrote, with pieces of it. */
export const detail = textOf('detail');

const objectOf = (kind: 'object' | 'locations') => (object: ObjectRef) => new Words([{ kind, object }]);

/** Puts an object into a sentence. */
export const theObject = objectOf('object');

/** ", here and in FILE, line N" of an object that is there twice, for a reader who has the files. */
export const theLocations = objectOf('locations');

/** Where the options of a run are written: the functionConfig, an Input, or a step's input. */
export const THE_OPTIONS = new Words([{ kind: 'options' }]);

/** The operator's Policy. */
export const THE_POLICY = new Words([{ kind: 'policy' }]);

/** "not in the ResourceList. CURE", in the words of its reader. */
export function notThere(where: Absent): Words {
  return new Words([{ kind: 'absent', where }]);
}

/** How a reader is shown values. */
export interface Reader {
  readonly options: string;
  readonly policy: string;
  readonly absent: (where: Absent) => string;
  readonly quoted: (text: string) => string;
  readonly name: (text: string) => string;
  readonly field: (path: string) => string;
  readonly detail: (text: string) => string;
  readonly object: (object: ObjectRef) => string;
  readonly locations: (object: ObjectRef) => string;
}

/** A sentence as `reader` gets it. */
export function render(sentence: Sayable, reader: Reader): string {
  const shown = (piece: string | Value): string => {
    if (typeof piece === 'string') return piece;
    switch (piece.kind) {
      case 'object':
      case 'locations':
        return reader[piece.kind](piece.object);
      case 'field':
        return `\`${reader.field(piece.text)}\``;
      case 'options':
      case 'policy':
        return reader[piece.kind];
      case 'absent':
        return reader.absent(piece.where);
      default:
        return reader[piece.kind](piece.text);
    }
  };
  return piecesOf(sentence).map(shown).join('');
}

/** A sentence about `object`, with everything in the place where somebody wrote it. */
export function wordsAsWritten(sentence: Sayable, object: ObjectRef | undefined): Words {
  return new Words(
    piecesOf(sentence).map((piece) => {
      if (typeof piece === 'string') return piece;
      if ('object' in piece) return { ...piece, object: asWritten(piece.object) };
      return piece.kind === 'field' ? { ...piece, text: fieldIn(object, piece.text) } : piece;
    }),
  );
}

/** A sentence in the words of somebody who is told it, where he has some of his own for a kind of value. Other values stay values. */
export function toldBy(sentence: Words, words: Partial<Reader>): Words {
  const reader = { ...HOST, ...words };
  return new Words(
    sentence.pieces.map((piece) =>
      typeof piece === 'string' || words[piece.kind] === undefined ? piece : render(new Words([piece]), reader),
    ),
  );
}

/** The object that somebody wrote: the ClusterGenerator, of one as a namespace uses it. */
export function asWritten(object: ObjectRef): ObjectRef {
  if (object.specPath === undefined) return object;
  const { specPath: _, namespace: __, ...shared } = object;
  return shared;
}

/** A path as it is written: the spec of a ClusterGenerator's generator is further inside. */
export function fieldIn(object: ObjectRef | undefined, path: string): string {
  const isInside = object?.specPath !== undefined && /^spec\.(?!generator\b|kind\b)/.test(path);
  return isInside ? `${object.specPath}.${path.slice('spec.'.length)}` : path;
}

/** "not HERE. CURE", or "neither HERE nor in the cluster. CURE". */
export function notHere(here: string, { beside, also = '', cure, cureOfGenerator }: Absent): string {
  const more = cureOfGenerator === undefined ? '' : `. A kustomize generator sees no resources: ${cureOfGenerator}`;
  return `${beside === undefined ? `not ${here}` : `neither ${here} nor in ${render(beside, HOST)}`}${also}. ${cure}${more}`;
}

/** The reader of a host's results: it may see everything. */
export const HOST: Reader = {
  options: 'the functionConfig',
  policy: 'the Policy of this run',
  absent: (where) => notHere('in the ResourceList', where),
  quoted: quote,
  name: quote,
  field: (path) => path,
  detail: (text) => text,
  object: describeObject,
  locations: () => '',
};

/** Kind and name of an object: `Secret "team-a/deployer"`. */
export function describeObject({ kind, name, namespace }: ObjectRef): string {
  if (name === '') return `${kind} without a name`;
  return `${kind} ${quote(namespace === undefined ? name : `${namespace}/${name}`)}`;
}

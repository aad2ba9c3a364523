import { ci } from '../accounts.ts';
import { emittedSecrets, reveal } from '../emitted.ts';

/** Values that nobody may see, by what they are. */
export type Canaries = Readonly<Record<string, string>>;

interface Needle {
  readonly text: string;
  /** Such as `external ID, in hex`. */
  readonly what: string;
}

/** Needles by how they begin. */
export type Needles = ReadonlyMap<string, readonly Needle[]>;

/** A leak may be a part of a value: its start, its middle or its end. */
const PIECE_CHARACTERS = 12;
const START_CHARACTERS = 8;

/** What values look like, in whole or in part, in every spelling that they could leak in. */
export function needlesOf(canaries: Canaries): Needles {
  const needles = Object.entries(canaries).flatMap(([name, value]) => {
    if (value.length < START_CHARACTERS) throw new Error(`the canary "${name}" is too short to be told from chance`);
    return piecesOf(value).flatMap(({ part, piece }) =>
      spellingsOf(piece).map(([spelling, text]) => ({ text, what: `${name}: ${part}, ${spelling}` })),
    );
  });
  return Map.groupBy(needles, ({ text }) => text.slice(0, START_CHARACTERS));
}

/** What of `text` is a needle: each once. A test expects it to be empty. */
export function findLeaks(text: string, needles: Needles): string[] {
  const found = new Set<string>();
  for (let at = 0; at + START_CHARACTERS <= text.length; at++)
    for (const needle of needles.get(text.slice(at, at + START_CHARACTERS)) ?? [])
      if (text.startsWith(needle.text, at)) found.add(needle.what);
  return [...found];
}

function piecesOf(value: string): { part: string; piece: string }[] {
  const middle = Math.max(0, Math.floor((value.length - PIECE_CHARACTERS) / 2));
  return [
    { part: 'start', piece: value.slice(0, PIECE_CHARACTERS) },
    { part: 'middle', piece: value.slice(middle, middle + PIECE_CHARACTERS) },
    { part: 'end', piece: value.slice(-PIECE_CHARACTERS) },
  ];
}

/** Each text once, by the simplest name that it has. */
function spellingsOf(piece: string): (readonly [spelling: string, text: string])[] {
  const hex = Buffer.from(piece).toString('hex');
  const url = encodeURIComponent(piece);
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = inBase64(piece, before);
    return [
      [`in base64 behind ${before} bytes`, text],
      [`in base64url behind ${before} bytes`, text.replaceAll('+', '-').replaceAll('/', '_')],
      ...[0, 1, 2].map(
        (outer) => [`in base64 twice behind ${before} and ${outer} bytes`, inBase64(text, outer)] as const,
      ),
    ] as const;
  });
  const all = [
    ['as it is', piece],
    ['in JSON', JSON.stringify(piece).slice(1, -1)],
    ['in hex', hex],
    ['in upper hex', hex.toUpperCase()],
    ['in a URL', url],
    ['in a URL in lower case', url.replaceAll(/%../g, (code) => code.toLowerCase())],
    ...base64,
  ] as const;
  const byText = new Map(all.toReversed().map(([spelling, text]) => [text, spelling]));
  return [...byText].map(([text, spelling]) => [spelling, text]);
}

/** The characters that are the piece's alone, wherever in a longer text of bytes it begins. */
function inBase64(piece: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(piece)]);
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

const KEYS = ['access_key_id', 'secret_access_key', 'session_token'];

/**
 * What of `text` is a credential: a key of `ci`, the ID of any session's key, or a value of the Secrets among `manifests`,
 * whole or in part, in any spelling. A test expects it to be empty.
 */
export function leaks(text: string, manifests: readonly string[] = []): string[] {
  const revealed = manifests.flatMap(emittedSecrets).flatMap((secret) => KEYS.map((key) => reveal(secret, key)));
  const values = [ci.accessKeyId, ci.secretAccessKey, ...revealed].filter((value) => value !== '');
  const needles = needlesOf(Object.fromEntries(values.map((value, index) => [`value ${index}`, value])));
  return [...findLeaks(text, needles), ...(text.match(/ASIA[0-9A-Z]{16}/g) ?? [])];
}

/** How a token of a ServiceAccount begins, as it is and in base64: its header is JSON with `alg` in front. */
const JWT = /(?:eyJhbGci|ZXlKaGJHY2)[\w./+=-]{8}/g;

/** What of `text` is a token: one of `tokens`, or any of a ServiceAccount. A test expects it to be empty. */
export function tokensIn(text: string, tokens: Readonly<Record<string, string>>): string[] {
  return [...Object.values(tokens).filter((token) => text.includes(token)), ...(text.match(JWT) ?? [])];
}

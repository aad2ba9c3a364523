import { AwsError } from '../aws-error.ts';

/** Never recorded and never quoted in a message. */
const SECRET_PARAMETERS = ['WebIdentityToken', 'TokenCode', 'SAMLAssertion'];
const MALFORMED_PERCENT = /%(?![0-9A-Fa-f]{2})/;

/** The parameters of one query-protocol request, lists included (`Tags.member.1.Key`). */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** Reads a form-encoded body. Throws MalformedInput for bytes or escapes that are no text. */
  static parse(body: Buffer): Parameters {
    const values = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(decode(body))) {
      if (values.has(name)) throw new AwsError('MalformedInput', `Parameter ${name} is given twice`);
      values.set(name, value);
    }
    return new Parameters(values);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** The members of a list in the order of their numbers; each is read with its own relative names. */
  list(name: string): Parameters[] {
    const members = new Map<number, Map<string, string>>();
    for (const [key, value] of this.#values) {
      const [, list, number, field = ''] = /^(\w+)\.member\.(\d+)(?:\.(\w+))?$/.exec(key) ?? [];
      if (list !== name) continue;
      const member = members.get(Number(number)) ?? new Map<string, string>();
      members.set(Number(number), member.set(field, value));
    }
    const numbers = [...members.keys()].sort((a, b) => a - b);
    return numbers.map((number) => new Parameters(members.get(number) ?? new Map()));
  }

  /** The members of a list of plain texts. */
  texts(name: string): string[] {
    return this.list(name).map((member) => member.get('') ?? '');
  }

  /** What may be shown: all but the protocol's own two and secrets. */
  recordable(): Record<string, string> {
    const hidden = new Set(['Action', 'Version', ...SECRET_PARAMETERS]);
    return Object.fromEntries([...this.#values].filter(([name]) => !hidden.has(name)));
  }
}

function decode(body: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (!MALFORMED_PERCENT.test(text)) return text;
  } catch {
    // Not UTF-8: the same answer.
  }
  throw new AwsError('MalformedInput', 'The request body is not form-encoded text');
}

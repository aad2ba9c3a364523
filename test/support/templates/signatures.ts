/**
 * What the generator makes: Go's types, `any` for a value of which nobody knows the type, and `small` for an int that may be a
 * number of spaces: others could ask for more than we let them.
 */
export type Type = 'small' | 'string' | 'int' | 'int64' | 'float' | 'bool' | 'strings' | 'list' | 'dict' | 'any';

/** A function with the types it is given and gives; of `more`, none to three follow. */
export interface Signature {
  readonly name: string;
  readonly takes: readonly Type[];
  readonly more?: Type;
  readonly gives: Type;
}

/** `printf`, `index`, `date` and `slice` have rules of their own in the generator. */
const LINES = `
upper string > string
lower string > string
trim string > string
trimPrefix string string > string
trimSuffix string string > string
trunc int string > string
replace string string string > string
contains string string > bool
hasPrefix string string > bool
hasSuffix string string > bool
indent small string > string
nindent small string > string
print ...any > string
println ...any > string
toString any > string
quote ...any > string
squote ...any > string
b64enc string > string
b64dec string > string
toJson any > string
fromJson string > any
sha256sum string > string
eq int int ...int64 > bool
eq string string ...string > bool
eq any any > bool
ne float float > bool
ne any any > bool
lt int int64 > bool
le string string > bool
gt float float > bool
ge int64 int > bool
lt int int > bool
and any ...any > any
or any ...any > any
and bool bool > bool
not any > bool
default any any > any
default string string > any
empty any > bool
coalesce ...any > any
ternary any any bool > any
int any > int
int string > int
int64 any > int64
add ...any > int64
add int64 int string > int64
sub any any > int64
mul any ...any > int64
div int64 int > int64
len string > int
len strings > int
len list > int
len dict > int
dict string any string any > dict
dict ...any > dict
get dict string > any
hasKey dict string > bool
splitList string string > strings
join string strings > string
join string any > string`;

export const SIGNATURES: readonly Signature[] = LINES.trim()
  .split('\n')
  .map((line) => {
    const [call = '', gives = ''] = line.split(' > ');
    const [name = '', ...types] = call.split(' ');
    const more = types.find((type) => type.startsWith('...'))?.slice(3);
    const takes = types.filter((type) => !type.startsWith('...'));
    // the lines above hold nothing else
    return {
      name,
      takes: takes as Type[],
      ...(more === undefined ? {} : { more: more as Type }),
      gives: gives as Type,
    };
  });

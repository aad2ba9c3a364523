/**
 * Characters newer than Unicode 15.0, which Go has. Go does not know them; whether JavaScript does depends on the version of Node. As
 * first and last code in hexadecimal. test/hosts/templates.test.ts compares every character with Go.
 */
const NEWER = `
88f 897 c5c cdc 1acf-1add 1ae0-1aeb 1b4e-1b4f 1b7f 1c89-1c8a 20c1 2427-2429 2b96 2ffc-2fff 31e4-31e5 31ef a7cb-a7cf a7d2 a7d4
a7da-a7dc a7f1 fbc3-fbd2 fd90-fd91 fdc8-fdce 105c0-105f3 10940-10959 10d40-10d65 10d69-10d85 10d8e-10d8f 10ec2-10ec7
10ed0-10ed8 10efa-10efc 11380-11389 1138b 1138e 11390-113b5 113b7-113c0 113c2 113c5 113c7-113ca 113cc-113d5 113d7-113d8
113e1-113e2 116d0-116e3 11b60-11b67 11bc0-11be1 11bf0-11bf9 11db0-11ddb 11de0-11de9 11f5a 13460-143fa 16100-16139 16d40-16d79
16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18cff 18d09-18d1e 18d80-18df2 1cc00-1ccfc 1cd00-1ceb3 1ceba-1ced0 1cee0-1cef0
1e5d0-1e5fa 1e5ff 1e6c0-1e6de 1e6e0-1e6f5 1e6fe-1e6ff 1f6d8 1f777-1f77a 1f8b2-1f8bb 1f8c0-1f8c1 1f8d0-1f8d8 1fa54-1fa57
1fa89-1fa8a 1fa8e-1fa8f 1fabe 1fac6 1fac8 1facd 1fadc 1fadf 1fae9-1faea 1faef 1fbcb-1fbef 1fbfa 2b73a-2b73f 2cea2-2cead
2ebf0-2ee5d 323b0-33479`
  .trim()
  .split(/\s/)
  .map((range) => range.split('-').map((code) => Number.parseInt(code, 16)))
  .sort(([a = 0], [b = 0]) => a - b);

function isNewer(code: number): boolean {
  const after = NEWER.findLastIndex(([first = 0]) => first <= code);
  const [first = 0, last = first] = NEWER[after] ?? [];
  return code <= last;
}

/** True for a character of names: letters, digits and `_`. */
export const isNamePart = cachedTruth((code) => /^[_\p{L}\p{Nd}]$/u.test(String.fromCodePoint(code)) && !isNewer(code));

/** True for a character that Go prints in quotes without an escape. */
export const isPrintable = cachedTruth((code) =>
  code < 0x7f ? code >= 0x20 : /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(String.fromCodePoint(code)) && !isNewer(code),
);

/** True for a character that `trim` removes: White_Space. JavaScript's `\s` has U+FEFF instead of U+0085. */
export const isSpace = cachedTruth(
  (code) => code === 0x85 || (code !== 0xfeff && /^\s$/u.test(String.fromCodePoint(code))),
);

/** The capital letter of a letter, by Unicode's simple mapping: one character for one. */
export const upperCase = cached((code) => {
  const hasTitleCase = (code >= 0x1f80 && code < 0x1fb0 && (code & 8) === 0) || [0x1fb3, 0x1fc3, 0x1ff3].includes(code);
  if (hasTitleCase) return code + (code < 0x1fb0 ? 8 : 9); // JavaScript maps it to two letters
  return mappedOr(code, String.fromCodePoint(code).toUpperCase());
});

/** The small letter of a letter. */
export const lowerCase = cached((code) => {
  if (code === 0x130) return 0x69; // İ, which JavaScript maps to two letters
  return mappedOr(code, String.fromCodePoint(code).toLowerCase());
});

/** The character that a letter maps to; the letter itself if it maps to several, or if Go does not know the character. */
function mappedOr(code: number, mapped: string): number {
  const to = mapped.codePointAt(0) ?? code;
  const isOne = mapped.length === (to > 0xffff ? 2 : 1);
  return isOne && to !== code && !isNewer(code) && !isNewer(to) ? to : code;
}

const CHARACTERS = 0x110000;

/** Caches a number for each character, since Unicode's patterns and mappings are slow: those of all characters take 4 MB. */
function cached(ask: (code: number) => number): (code: number) => number {
  let answers: Int32Array | undefined;
  return (code) => {
    answers ??= new Int32Array(CHARACTERS);
    const seen = answers[code];
    if (seen) return seen - 1; // 0: nobody has asked yet
    const answer = ask(code);
    answers[code] = answer + 1;
    return answer;
  };
}

/** The same for a question. */
function cachedTruth(ask: (code: number) => boolean): (code: number) => boolean {
  const answer = cached((code) => Number(ask(code)));
  return (code) => answer(code) === 1;
}

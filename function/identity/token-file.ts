import { quoted, say } from '../findings/say.ts';
import { once } from '../model/plain-data.ts';
import { nonEmpty, optional } from '../model/schema-parts.ts';
import type { GrantedSource } from './source.ts';
import { missing, tokenIdentity } from './token.ts';

/** `identity.tokenFile`: a file with a token. */
export const tokenFile: GrantedSource<string> = {
  field: once(() => optional(nonEmpty, 'Path of a file with a token.')),
  granted: { pattern: /tokenFile:\/.*/, means: '"tokenFile:" and an absolute path', example: 'tokenFile:/PATH' },
  identity: (path) =>
    tokenIdentity({
      hashed: { source: 'tokenFile', path },
      from: say`the file ${quoted(path)}`,
      description: say`the token in ${quoted(path)}`,
      demands: [{ list: 'identities', of: `tokenFile:${path}` }],
      read: async (ambient) =>
        (await ambient.readFile(path)) ?? missing('the file cannot be read. Correct the path, or mount the token'),
    }),
};

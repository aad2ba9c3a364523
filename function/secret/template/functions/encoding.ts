import { createHash } from 'node:crypto';
import { toBytes } from '../byte-string.ts';
import { decodeBase64 } from '../decode-base64.ts';
import { readJson } from '../read-json.ts';
import { writeJson } from '../write-json.ts';
import { define, type Functions } from './define.ts';

export const encoding: Functions = {
  b64enc: define(['string'], ([bytes]) => toBytes(bytes).toString('base64')),
  b64dec: define(['string'], ([bytes]) => decodeBase64(bytes)),
  toJson: define(['any'], ([value], budget) => writeJson(value, budget)),
  fromJson: define(['string'], ([bytes]) => readJson(bytes)),
  sha256sum: define(['string'], ([bytes]) => createHash('sha256').update(toBytes(bytes)).digest('hex')),
};

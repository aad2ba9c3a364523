import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './generated.ts';

/** Writes every text that is made from the code. */
for (const [path, text] of generatedFiles()) writeFileSync(join(import.meta.dirname, '..', path), text);

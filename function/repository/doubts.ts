import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { shellPath } from '../findings/quote.ts';
import { type Sayable, say } from '../findings/say.ts';
import { defined } from '../model/plain-data.ts';

/** What only a host knows of a run: a plan leaves it out, and nothing is rendered without it. */
export interface Doubt {
  readonly what: Sayable;
  /** The folder of the package. */
  readonly folder: string;
  readonly host: 'kpt' | 'kustomize';
  readonly location?: SourceLocation;
  /** True for what comes after the function: only a build shows it. */
  readonly isLate?: boolean;
}

/** Most of what is said of one run. */
export const MOST_DOUBTS = 20;

/** Says what a plan leaves out, or why nothing is rendered. `behind`: what follows kpt's command. */
export function tellDoubts(doubts: readonly Doubt[], isPreview: boolean, behind: string): Finding[] {
  return doubts.map(({ what, folder, host, location, isLate }) => {
    const [mode, cure] = isLate ? ['placeholder', 'see its Secrets'] : ['plan', 'plan with it'];
    const build = host === 'kpt' ? `kpt fn render ${shellPath(folder)} --allow-exec${behind}` : buildOf(folder);
    const command = isPreview ? `STS_FUNCTION_MODE=${mode} ${build}` : build;
    const message = isPreview
      ? say`the plan leaves out that ${what}. Run \`${command}\` to ${cure}.`
      : say`cannot render this package: ${what}. Run \`${command}\`.`;
    return finding(isPreview ? 'PLAN' : 'HOST_NEEDED', message, { command, ...defined({ location }) });
  });
}

const buildOf = (folder: string) => `kustomize build --enable-alpha-plugins --enable-exec ${shellPath(folder)}`;

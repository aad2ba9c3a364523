import type { World } from '../model/world.ts';
import { watchAws } from './watch-aws.ts';

/** A run that takes longer says what it waits for. */
const SILENT_MILLISECONDS = 2_000;
const EVERY_MILLISECONDS = 1_000;
/** Back to the start of the line, and the rest of it erased (ECMA-48, EL). */
const CLEAR = '\r\u001b[2K';

/** The width of a terminal that does not say it. */
const USUAL_COLUMNS = 80;

/** A terminal that shows one line. */
interface Terminal {
  write(text: string): unknown;
  readonly columns: number;
}

/**
 * A world whose calls are watched. On `terminal` a line says how many Secrets of those that are due are done, before there are any how many
 * calls have been answered, and what is waited for, from the third second on; `end` erases it. The line has roles and names of objects, never what a call gave.
 */
export function withProgress(world: World, terminal: Terminal): { readonly world: World; readonly end: () => void } {
  const waiting = new Set<{ readonly for: string }>();
  let [answered, due, done] = [0, 0, 0];
  const { kubernetes } = world;
  const count = async <T>(what: string, call: Promise<T>): Promise<T> => {
    const wait = { for: what };
    waiting.add(wait);
    try {
      return await call;
    } finally {
      waiting.delete(wait);
      answered += 1;
    }
  };
  let isShown = false;
  const show = () => {
    const [first] = waiting;
    const others = waiting.size > 1 ? ` and ${waiting.size - 1} more` : '';
    const [some, all] = [done, due].map((number) => number.toLocaleString('en-US'));
    const state = due === 0 ? `${answered} calls answered` : `Secrets: ${some} of ${all}`;
    const line = `${state}${first === undefined ? '' : `, waiting for ${first.for}${others}`}`;
    terminal.write(`${CLEAR}${line.slice(0, (terminal.columns || USUAL_COLUMNS) - 1)}`);
    isShown = true;
  };
  let timer = setTimeout(() => {
    show();
    timer = setInterval(show, EVERY_MILLISECONDS).unref();
  }, SILENT_MILLISECONDS).unref();
  return {
    world: {
      ...world,
      countSecrets: (more, ended) => {
        due += more;
        done += ended;
      },
      ...watchAws(world, (service, operation, call, roleArn) => count(roleArn ?? `${service}:${operation}`, call)),
      kubernetes: {
        read: (cluster, object, signal) =>
          count(`${object.kind} ${object.namespace ?? ''}/${object.name}`, kubernetes.read(cluster, object, signal)),
        requestToken: (...question) => count('a token of a ServiceAccount', kubernetes.requestToken(...question)),
      },
    },
    end: () => {
      clearTimeout(timer); // of an interval too
      if (isShown) terminal.write(CLEAR);
      isShown = false;
    },
  };
}

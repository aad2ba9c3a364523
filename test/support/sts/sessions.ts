import type { Caller } from './caller.ts';
import { base64Text, uniqueId } from './opaque.ts';

/** What an operation grants: a caller for a time. */
export interface Grant {
  readonly operation: string;
  readonly caller: Caller;
  readonly durationSeconds: number;
  /** False: the answer has no Expiration (a fault; AWS always sends one). */
  readonly announcesExpiration?: boolean;
}

export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
  readonly announcesExpiration: boolean;
  readonly caller: Caller;
}

/** The temporary credentials this server issued, by access key id. */
export class Sessions {
  readonly #byKey = new Map<string, Session>();
  readonly #issued = new Map<string, number>();

  /**
   * Credentials depend on the operation, on who is granted and on how often that was granted before: a fresh server
   * that gets the same calls gives the same keys, whatever order unrelated calls arrive in.
   */
  issue(grant: Grant, now: Date): Session {
    const granted = JSON.stringify([grant.operation, grant.caller.roleArn ?? '', grant.caller.arn]);
    const count = (this.#issued.get(granted) ?? 0) + 1;
    this.#issued.set(granted, count);
    const wholeSeconds = Math.floor(now.getTime() / 1000);
    const session: Session = {
      accessKeyId: uniqueId('ASIA', 16, granted, count),
      secretAccessKey: base64Text(30, 'secret access key', granted, count),
      sessionToken: base64Text(360, 'session token', granted, count),
      expiresAt: new Date((wholeSeconds + grant.durationSeconds) * 1000),
      announcesExpiration: grant.announcesExpiration ?? true,
      caller: grant.caller,
    };
    this.#byKey.set(session.accessKeyId, session);
    return session;
  }

  all(): readonly Session[] {
    return [...this.#byKey.values()];
  }

  find(accessKeyId: string): Session | undefined {
    return this.#byKey.get(accessKeyId);
  }
}

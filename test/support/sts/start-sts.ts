import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { close, listen } from '../listen.ts';
import { type Accounts, checkAccounts, type IdentityProvider, type Role, type User } from './accounts.ts';
import type { Fault } from './faults.ts';
import { refuseConnection } from './http/answer.ts';
import type { Session } from './sessions.ts';
import { type RecordedCall, StsService } from './sts-service.ts';

export type { FederatedTrust, IdentityProvider, PrincipalTrust, Role, Trust, User } from './accounts.ts';
export type { Fault, FaultKind } from './faults.ts';
export type { RecordedCall } from './sts-service.ts';

/** The lists are read anew at each call: a test that holds an array may add to it while the server runs. */
export interface StsOptions {
  readonly users?: readonly User[];
  readonly roles?: readonly Role[];
  readonly identityProviders?: readonly IdentityProvider[];
  /**
   * The server's clock: expirations, token lifetimes, the Date header and the skew check. Default: real time.
   * A client that signs by another clock, more than 15 minutes off, is refused until it corrects itself.
   */
  readonly now?: () => Date;
  /** PEM; with it the server speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Default 0: any free port. The address is always 127.0.0.1. */
  readonly port?: number;
}

export interface EmbeddedSts extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string;
  /** Every request that could be read, in the order of arrival. */
  readonly calls: readonly RecordedCall[];
  /** Every session that it issued so far, of middle hops too: for tests that look whether one leaked. */
  sessions(): readonly Session[];
  /** Asks for a fault. Faults strike in the order asked for, each on the calls it matches, one per call. */
  fail(fault: Fault): void;
  /** Ends the connections that no request is on, as AWS does after a while: by itself this server keeps them. */
  closeIdle(): void;
  /** Ends open connections too. Closing twice is closing once. */
  close(): Promise<void>;
}

/**
 * Starts an AWS STS of our own on the loopback interface, with the logins of ECR beside it: query protocol, Signature Version 4, trust policies,
 * role chaining, web identity and MFA as AWS does them, errors in AWS's codes and words.
 *
 * Deterministic: a fresh server that gets the same calls at the same time gives the same answers.
 * Rejects with a TypeError if a user or role is no such thing, and with the system's error if the port is taken.
 */
export async function startSts(options: StsOptions = {}): Promise<EmbeddedSts> {
  const { users = [], roles = [], identityProviders = [], now = () => new Date(), tls, port = 0 } = options;
  const accounts: Accounts = { users, roles, identityProviders };
  checkAccounts(accounts);
  const service = new StsService(accounts, now);
  const closing = new AbortController();
  const listener: RequestListener = (incoming, outgoing) => void service.serve(incoming, outgoing, closing.signal);
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  server.keepAliveTimeout = 0; // else a client that takes up an idle connection at its end sees a reset
  server.on('clientError', (_, socket) => refuseConnection(socket, service.nextRequestId()));
  const listensOn = await listen(server, port);

  let closed: Promise<void> | undefined;
  const end = () => {
    closing.abort();
    closed ??= close(server);
    return closed;
  };
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${listensOn}`,
    calls: service.calls,
    sessions: () => service.sessions.all(),
    fail: (fault) => service.faults.add(fault),
    closeIdle: () => server.closeIdleConnections(),
    close: end,
    [Symbol.asyncDispose]: end,
  };
}

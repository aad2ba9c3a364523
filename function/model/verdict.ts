import type { NamedRef } from './kinds.ts';

/** Why there is no Secret that could be used. */
type IssueReason =
  | 'absent'
  | 'placeholder'
  | 'specChanged'
  | 'notEncrypted'
  | 'keysMissing'
  | 'dataChanged'
  | 'timesUnreadable'
  | 'expired';

/** What to do about a Secret, judged by the existing one. `validUntil`: in milliseconds. */
export type Verdict =
  | { readonly do: 'keep' }
  | { readonly do: 'issue'; readonly because: IssueReason }
  | { readonly do: 'renew'; readonly validUntil: number };

/** Why: `valid` goes with keep, `due` with renew, all others with issue. */
export type PlannedReason = 'valid' | 'due' | IssueReason;

/** A hop in the words of the Input; a ServiceAccount's role is not known before it is read. */
export type PlannedHop =
  | { readonly roleOf: string }
  | {
      readonly role: string;
      readonly region: string;
      readonly sessionName: string;
      readonly sessionDuration: number;
    }
  /** A last call, which assumes no role: `sts:GetSessionToken`, `ecr:GetAuthorizationToken` or `ecr-public:GetAuthorizationToken`. */
  | { readonly operation: string; readonly region: string };

/** What would be asked for one session. */
export interface PlannedSession {
  /** Where the first hop's credentials would come from, as environment and manifests say. */
  readonly identity: { readonly source: string; readonly description: string };
  readonly hops: readonly PlannedHop[];
  /** Seconds that a session is asked for. */
  readonly lifetime: number;
}

/** What a run would do about one Secret. `plan -o yaml` and `-o json` print exactly this: its names are public. */
export interface PlannedSecret extends PlannedSession {
  readonly target: NamedRef;
  /** Whose Secret it is. */
  readonly generator: NamedRef & { readonly kind: string };
  /** `keep`: valid and not due; `renew`: valid and due; `issue`: not usable, or absent. */
  readonly action: Verdict['do'];
  readonly reason: PlannedReason;
  /** The other sessions of an ExternalSecret with several generators. */
  readonly also?: readonly (PlannedSession & Pick<PlannedSecret, 'generator'>)[];
  /** When the Secret is due for renewal, RFC 3339. For one to be made: as if it were made now, for its whole lifetime. */
  readonly renewAfter: string;
}

import type { ObjectRef } from '../findings/say.ts';
import type { ChosenGrants, GrantSession } from './grant.ts';
import type { ChainHops, Route } from './hop.ts';
import type { Identity, Reference, TokenNeed } from './identity.ts';
import type { GeneratorKind, NamedRef } from './kinds.ts';
import type { Renewal, SecretFormat, SecretTemplate } from './secret-spec.ts';

/** An identity, and what it asks AWS. */
export interface Chain extends ChainHops {
  readonly identity: Identity;
  /** The region of the hop that gives what goes into the Secret; a hop to the identity's own role is made there too. */
  readonly region: string;
}

/** What a Secret looks like; empty: four keys in plain text. The spec-hash has all of it: a change makes it anew. */
export interface SecretForm {
  readonly format?: SecretFormat;
  /** Key of the file, where the format is one. */
  readonly key?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  /** Absent: that of the format, or of the Secret it is merged into. */
  readonly type?: string;
  readonly immutable?: true;
  /** An existing Secret keeps its other keys. `required`: the Secret must exist. */
  readonly merge?: 'required' | 'allowed';
  readonly template?: SecretTemplate;
  /** age recipients that the values are encrypted for. */
  readonly recipients?: readonly string[];
}

/** One Secret that is to be made. Beside `form` only `target` is in the spec-hash: another field here does not make the Secret anew. */
export interface WantedSecret {
  readonly target: NamedRef;
  readonly form: SecretForm;
  /** Path of its entry in the functionConfig; absent: nobody wrote one. */
  readonly field?: string;
}

/** One generator's session in a Secret, and under which keys. */
export interface SecretPart extends Route<Chain> {
  readonly generator: ObjectRef;
  /** The kind of the generator; the one inside it, if it is a ClusterGenerator. */
  readonly kind: GeneratorKind;
  /** True where AWS gives it only to a user's long-term keys. */
  readonly needsLongTermKeys?: true;
  /** The objects that identity and external IDs are read from. */
  readonly reads: readonly Reference[];
  /** True if an object that it reads may come from a cluster that the manifests chose: that needs a grant. */
  readonly mayUseCluster: boolean;
  /** True for a generator that only the cluster has: somebody else wrote it, under Crossplane perhaps a tenant. That needs a grant. */
  readonly isFromCluster?: true;
  /** Session names of its hops that somebody wrote instead of the default ones: these need a grant. */
  readonly sessionNames?: readonly string[];
  /** Present where its Secrets have several namespaces, or where the host puts them into another: all of these. One grant must have them all. */
  readonly namespaces?: readonly (string | undefined)[];
  /** For a preview, under a Policy that imposes something: what its grant does. */
  readonly grantPreview?: GrantPreview;
  /** The chain without what a grant imposes, where one does. Guards are asked for this one. */
  readonly chainOfManifests?: Chain;
  /** Absent: there is no guard (under Crossplane it is empty then), or they refused, or were not asked in a run that is refused already. */
  readonly chosenGrants?: ChosenGrants;
  readonly renewal: Renewal;
  /** The Secret's default name, used only for the jitter. */
  readonly defaultSecretName: string;
  /** Path of the generator's entry in the functionConfig. */
  readonly entryField?: string;
  /** Account that the identity must be of. */
  readonly expectAccount?: string;
  /**
   * The Secret's key for each of the generator's, as an ExternalSecret rewrites them; others are left out. Absent: keys stay as they are.
   */
  readonly dataKeys?: Readonly<Record<string, string>>;
}

/**
 * One Secret and the sessions in it. A generator has a job for each Secret that it wants, with its session as the only part; an
 * ExternalSecret has one job, with a part for each generator that it names (docs/decisions/019-external-secrets.md).
 */
export interface Job extends WantedSecret {
  /** Whose Secret it is: the generator, or the ExternalSecret, that asks for it. */
  readonly requester: ObjectRef;
  /** The requester's annotations; kustomize reads options there. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The sessions in order: values of a later one win. */
  readonly parts: readonly [SecretPart, ...SecretPart[]];
  /** The objects that its chains and its template are read from. */
  readonly reads: readonly Reference[];
  /** What annotations `force-sync` say: a Secret that was made for another value is due. Not in the spec-hash: the old one stays good. */
  readonly forceSync?: string;
  /** `v1-` and 32 hex digits, computed on first use: rendering then does it while requests for other jobs are under way. */
  readonly specHash: () => string;
}

/**
 * An object that a plan needs: a generator that an ExternalSecret names (a need for each that does), a job's Secret, or
 * what is read for it. `sealable`: nothing is read from it but keys that sign the call for a role, and all of them, so it may be encrypted
 * by SOPS (`Reference.mayBeSealed`). `source`: any other. `by`: an object that needs it, in its `field`.
 */
export interface ObjectNeed {
  /** Its `objectKey`. */
  readonly key: string;
  readonly object: ObjectRef;
  readonly as: 'generator' | 'target' | 'source' | 'sealable';
  readonly by: ObjectRef;
  readonly field?: string;
}

/** What has to be known before more can be decided. */
export type Need = ObjectNeed | TokenNeed;

/** Why there is no Secret that could be used. */
type IssueReason =
  | 'absent'
  | 'placeholder'
  | 'specChanged'
  | 'notEncrypted'
  | 'otherRecipients'
  | 'keysMissing'
  | 'dataChanged'
  | 'timesUnreadable'
  | 'expired';

/** What to do about a Secret, and why, judged by the existing one. `validUntil`: in milliseconds. */
export type Verdict =
  | { readonly do: 'keep'; readonly because: 'valid' }
  | { readonly do: 'issue'; readonly because: IssueReason }
  | { readonly do: 'renew'; readonly because: RenewalReason; readonly validUntil: number };

export const KEPT = { do: 'keep', because: 'valid' } as const satisfies Verdict;

/** Why a Secret that is good is renewed: by its time, or by an annotation. */
type RenewalReason = 'due' | 'forceSync';

/** Why a Secret is kept, issued or renewed. */
export type VerdictReason = Verdict['because'];

/** A hop in the words of the Input; a ServiceAccount's role is not known before it is read. */
export type HopPreview =
  | { readonly roleOf: string }
  | {
      readonly role: string;
      readonly region: string;
      readonly sessionName: string;
      readonly sessionDuration: number;
    }
  /** A last hop, which assumes no role: `sts:GetSessionToken`, `ecr:GetAuthorizationToken` or `ecr-public:GetAuthorizationToken`. */
  | { readonly operation: string; readonly region: string };

/** The Policy's grant for a session, and what it imposes. */
interface GrantPreview extends Omit<GrantSession, 'via' | 'identity'> {
  /** Such as `grants[0]`. */
  readonly grant: string;
  /** `via`, `identity`. */
  readonly supplies?: readonly string[];
}

/** What would be asked for one session. */
export interface SessionPreview {
  /** Where the first hop's credentials would come from, as environment and manifests say. */
  readonly identity: { readonly source: string; readonly description: string };
  readonly hops: readonly HopPreview[];
  /** Seconds that a session is asked for. */
  readonly lifetime: number;
  /** Absent: no grant of a Policy imposes anything. */
  readonly policy?: GrantPreview;
}

/** What a run would do about one Secret: its names are public. */
export interface SecretPreview extends SessionPreview {
  readonly target: NamedRef;
  /** Whose Secret it is. */
  readonly generator: NamedRef & { readonly kind: string };
  /** `keep`: valid and not due; `renew`: valid and due; `issue`: not usable, or absent. */
  readonly action: Verdict['do'];
  readonly reason: VerdictReason;
  /** The other sessions of an ExternalSecret with several generators. */
  readonly also?: readonly (SessionPreview & Pick<SecretPreview, 'generator'>)[];
  readonly format: SecretFormat;
  /** Whom its values are encrypted for. */
  readonly recipients: readonly string[];
  readonly specHash: string;
  /** When the Secret is due for renewal, RFC 3339. For one to be made: as if it were made now, for its whole lifetime. */
  readonly renewAfter: string;
}

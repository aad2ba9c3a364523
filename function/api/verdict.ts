/** Why there is no Secret that could be used. */
export type IssueReason =
  | 'absent'
  | 'placeholder'
  | 'specChanged'
  | 'notEncrypted'
  | 'keysMissing'
  | 'dataChanged'
  | 'timesUnreadable'
  | 'expired';

/** What the Secret that is there says about what is to be done. `validUntil`: in milliseconds. */
export type Verdict =
  | { readonly do: 'keep' }
  | { readonly do: 'issue'; readonly because: IssueReason }
  | { readonly do: 'renew'; readonly validUntil: number };

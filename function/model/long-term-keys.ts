/** Why temporary keys get no session token, and what to use instead. */
export const USERS_ONLY = "AWS gives session tokens only to an IAM user's long-term keys";
export const USERS_ONLY_CURE = 'Use STSAssumeRoleToken, or long-term keys';

/** What the access key ID of temporary keys begins with: they do not work without their session token (IAM user guide, "Unique identifiers"). */
export const TEMPORARY_KEY_PREFIX = 'ASIA';

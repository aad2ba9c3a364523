/** A region becomes part of a host name, so nothing else may pass: `eu-west-1`, `us-gov-west-1`, `eusc-de-east-1`. */
export const REGION = /^[a-z]{2,4}(?:-[a-z]{2,5})?-[a-z]{4,9}-[1-9]\d?$/;

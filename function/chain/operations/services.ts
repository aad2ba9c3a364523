/** A service of AWS as messages speak of it, with the settings that choose another server. */
export interface Service {
  readonly name: string;
  readonly endpoints: string;
}

export const STS: Service = { name: 'STS', endpoints: 'AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT' };

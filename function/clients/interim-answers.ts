import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** Answers of status 1xx that may come before the one that counts. */
const MOST_INTERIM_ANSWERS = 100;

/** Ends each request of this process that gets interim answers without end: they are in no body, so no other bound sees them. */
export function boundInterimAnswers(): void {
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { readonly request: ClientRequest }; // as Node documents it
    let answers = 0;
    request.on('information', () => {
      answers += 1;
      if (answers > MOST_INTERIM_ANSWERS) request.destroy(new Error('it says nothing but that it works'));
    });
  });
}

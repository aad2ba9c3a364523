import { once } from 'node:events';
import type { Server } from 'node:net';
import { FindingError, finding } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import type { Address } from '../../api/serve-options.ts';

/**
 * Listens, and says on which port: for port 0 the system chooses a free one.
 * @throws FindingError when that cannot be, as when the port is in use.
 */
export async function listen(server: Server, { host, port }: Address): Promise<number> {
  // without a host Node takes IPv6 and IPv4, or IPv4 alone where there is no other
  server.listen(host === '::' ? { port } : { host, port });
  try {
    await once(server, 'listening');
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : port;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException; // of the system
    const where = quote(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
    const cure = code === 'EADDRINUSE' ? 'End what listens there, or choose another' : 'Choose another address';
    throw new FindingError(finding('SETTING_INVALID', `cannot listen on ${where}: ${code}. ${cure}.`));
  }
}

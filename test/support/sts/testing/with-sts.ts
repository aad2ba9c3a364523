import { type EmbeddedSts, type StsOptions, startSts } from '../start-sts.ts';

/** A server for one test: closed whatever happens, since an open one would keep the test run from ending. */
export async function withSts<T>(options: StsOptions, use: (sts: EmbeddedSts) => Promise<T>): Promise<T> {
  const sts = await startSts(options);
  try {
    return await use(sts);
  } finally {
    await sts.close();
  }
}

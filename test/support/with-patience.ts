const FIRST_SECONDS = 2;
const LAST_SECONDS = 60;

/**
 * Runs something that is to end at its deadline, with a later one each time, until it had got far enough by then: on a busy machine a
 * process may take longer to start than an idle one to end.
 */
export async function withPatience<T>(
  run: (environment: { readonly STS_FUNCTION_TIMEOUT: string }) => Promise<T>,
  isFarEnough: (result: T) => boolean,
): Promise<T> {
  for (let seconds = FIRST_SECONDS; ; seconds *= 3) {
    const result = await run({ STS_FUNCTION_TIMEOUT: `${seconds}` });
    if (isFarEnough(result) || seconds > LAST_SECONDS) return result;
  }
}

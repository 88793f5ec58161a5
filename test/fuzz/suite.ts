// What a trial may ask of whoever runs it, in the tests' runner or outside.

/** Ends what was started when the trials are over. */
export interface Suite {
  teardown(end: () => unknown): void
}

/** Longer than the busiest machine needs for what is done in milliseconds. */
const HANG_MS = 20_000

/** Waits for what must happen soon; what does not is a hang, and an error. */
export async function soon<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a hang: it never came that ${what}`)), HANG_MS)
  })
  try {
    return await Promise.race([work, hang])
  } finally {
    clearTimeout(timer)
  }
}

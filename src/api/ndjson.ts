// Long answers: one JSON object a line (application/x-ndjson), read from the store no faster than the client takes them.

import { Readable } from 'node:stream'

export const NDJSON = 'application/x-ndjson'

/** Makes a stream of lines of pages. It rejects when the first page can't be read: before a status has been sent. */
export async function toLines<T>(pages: AsyncGenerator<readonly T[]>, show: (item: T) => object): Promise<Readable> {
  const first = await pages.next()
  const text = (page: readonly T[]) => page.map(item => `${JSON.stringify(show(item))}\n`).join('')
  async function* texts(): AsyncGenerator<string> {
    if (first.done) return
    yield text(first.value)
    for await (const page of pages) yield text(page)
  }
  // In bytes, not objects: a page is more than a stream keeps, so the next is not read ahead.
  return Readable.from(texts(), { objectMode: false })
}

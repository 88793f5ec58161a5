// Looks into an object as a debugger does, to show what is not kept in its private fields.

import { Session } from 'node:inspector'

/** Runs `read` (the text of a function, with the field as `this`) on a `#private` field, and returns what it returns. */
export function readPrivateField(owner: object, field: string, read: string): unknown {
  const session = new Session()
  session.connect()
  try {
    const holder = globalThis as { inspected?: object }
    holder.inspected = owner
    const found = post(session, 'Runtime.evaluate', { expression: 'globalThis.inspected' })
    delete holder.inspected
    const properties = post(session, 'Runtime.getProperties', { objectId: found.result.objectId })
    const objectId = properties.privateProperties?.find(({ name }) => name === field)?.value.objectId
    if (objectId === undefined) throw new Error(`there is no ${field}`)
    return post(session, 'Runtime.callFunctionOn', { objectId, functionDeclaration: read, returnByValue: true }).result
      .value
  } finally {
    session.disconnect()
  }
}

interface Answer {
  readonly result: { readonly objectId?: string; readonly value?: unknown }
  readonly privateProperties?: readonly { readonly name: string; readonly value: { readonly objectId?: string } }[]
}

/** A session on one's own thread answers before `post` returns. */
function post(session: Session, method: string, parameters: object): Answer {
  let answer: Answer | undefined
  session.post(method, parameters, (error, result) => {
    if (error) throw error
    answer = result as Answer
  })
  if (!answer) throw new Error(`${method} did not answer at once`)
  return answer
}

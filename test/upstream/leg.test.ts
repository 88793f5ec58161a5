// The hand-over of a leg from the login to the relay: no byte lost, doubled or out of order, and no event missed.

import t from 'tap'
import * as backend from '../../src/wire/backend.js'
import { dial } from '../../src/upstream/dial.js'
import { READ_BUFFER_BYTES } from '../../src/upstream/leg.js'
import { fakeServer, inTurn } from './fake-server.js'
import { logInAs } from './log-in-as.js'

const login = { user: 'somebody', password: 'secret' }
const greeting = Buffer.concat([backend.authenticationOk(), backend.readyForQuery('I')])

void t.test('gives the bytes behind ReadyForQuery, and those that came while nobody read', async t => {
  let sendMore = () => {}
  const { target } = await fakeServer(t, socket => {
    socket.once('data', () => socket.write(Buffer.concat([greeting, Buffer.from('one')])))
    sendMore = () => void socket.end('two')
  })
  const { leg, rest } = await logInAs(t, target, login)
  t.equal(rest.toString(), 'one')
  sendMore()
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  let text = ''
  await new Promise<void>(resolve => {
    leg.onEnd = resolve
    leg.setSink(chunk => ((text += chunk.toString()), true))
  })
  t.equal(text, 'two')
  t.equal(leg.ended, true)
})

void t.test('cuts a login at any byte', async t => {
  const all = Buffer.concat([backend.parameterStatus('a', 'b'), greeting.subarray(9), Buffer.from('rest')])
  for (let at = 1; at < all.length; at++) {
    const { target } = await fakeServer(t, socket => {
      socket.once('data', () => {
        socket.write(Buffer.concat([greeting.subarray(0, 9), all.subarray(0, at)]))
        setImmediate(() => socket.end(all.subarray(at)))
      })
    })
    const { leg, rest } = await logInAs(t, target, login)
    let text = rest.toString()
    await new Promise<void>(resolve => {
      leg.onEnd = resolve
      leg.setSink(chunk => ((text += chunk.toString()), true))
    })
    if (text !== 'rest') t.fail(`cut at ${at}: ${text}`)
  }
  t.pass('every cut')
})

void t.test('reads no further than one buffer while a sink has had enough', async t => {
  const bytes = Buffer.alloc(8 * 1024 * 1024, 'abcdefg')
  const { target } = await fakeServer(t, socket => socket.once('data', () => socket.end(bytes)))
  const leg = await dial(target, { connectTimeoutMs: 5_000 })
  t.teardown(() => leg.destroy())
  const seen: Buffer[] = []
  let calls = 0
  await new Promise<void>(resolve => {
    leg.onEnd = resolve
    leg.setSink(chunk => {
      if (chunk.length > READ_BUFFER_BYTES) t.fail('more than a buffer at once')
      seen.push(Buffer.from(chunk))
      const callsNow = ++calls
      // Paused: for two turns of the event loop nothing may come.
      setImmediate(() =>
        setImmediate(() => {
          if (calls !== callsNow) t.fail('a chunk while paused')
          leg.resume()
        }),
      )
      return false
    })
    leg.socket.write('go')
  })
  t.ok(Buffer.concat(seen).equals(bytes))
})

void t.test('changes sinks between two chunks', async t => {
  const { target } = await fakeServer(t, inTurn(Buffer.from('first'), Buffer.from('second')))
  const leg = await dial(target, { connectTimeoutMs: 5_000 })
  t.teardown(() => leg.destroy())
  const chunk = () =>
    new Promise<string>(resolve => {
      leg.setSink(bytes => {
        leg.removeSink()
        resolve(bytes.toString())
        return true
      })
      leg.socket.write('next')
    })
  t.equal(await chunk(), 'first')
  t.equal(await chunk(), 'second')
})

void t.test('tells a new sink what it has missed', async t => {
  const { target } = await fakeServer(t, () => {})
  const leg = await dial(target, { connectTimeoutMs: 5_000 })
  const failure = new Error('failed while nobody listened')
  await new Promise(resolve => {
    leg.socket.once('close', resolve)
    leg.destroy(failure)
  })
  const told: unknown[] = []
  leg.onError = error => told.push(error)
  leg.onClose = () => told.push('closed')
  leg.setSink(() => true)
  t.same(told, [failure, 'closed'])
  t.equal(leg.failure, failure)
})

void t.test('lets the client end its half and still reads the answer', async t => {
  const { target } = await fakeServer(t, socket => {
    socket.resume()
    socket.once('end', () => socket.end('the last words'))
  })
  const leg = await dial(target, { connectTimeoutMs: 5_000 })
  let text = ''
  await new Promise<void>(resolve => {
    leg.onClose = resolve
    leg.setSink(chunk => ((text += chunk.toString()), true))
    leg.socket.end()
  })
  t.equal(text, 'the last words')
})

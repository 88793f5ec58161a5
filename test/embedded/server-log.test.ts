import { PassThrough } from 'node:stream'
import t from 'tap'
import { readLines, startFailure } from '../../src/embedded/server-log.js'

void t.test('lines come whole, however the bytes were cut', async t => {
  const [source, lines] = [new PassThrough(), [] as string[]]
  readLines(source, line => lines.push(line))
  for (const byte of Buffer.from('first\nzwölf\n\nrest')) source.write(Buffer.of(byte))
  source.end()
  await new Promise(resolve => source.on('end', resolve))
  t.strictSame(lines, ['first', 'zwölf', ''])
})

void t.test('a line without end is given in pieces, and never kept whole', async t => {
  const [source, lines] = [new PassThrough(), [] as string[]]
  readLines(source, line => lines.push(line))
  source.write('x'.repeat(8_191))
  source.write('y')
  source.end('z\n')
  await new Promise(resolve => source.on('end', resolve))
  t.strictSame(
    lines.map(line => line.length),
    [8_192, 1],
  )
})

void t.test('the reason of a failed start is found in the log', async t => {
  const busy = ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'FATAL:  could not create any']
  t.match(startFailure(5432, busy), { code: 'port_busy', message: /5432/ })
  t.match(startFailure(1, ['FATAL:  could not write "x": No space left on device']), {
    code: 'no_space',
    message: /"x"/,
  })
  t.match(startFailure(1, ['FATAL:  something else']), { code: 'start_failed', message: /something else/ })
})

import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { createLogger } from '../../src/ops/log.js'
import type { Logger } from '../../src/ops/log.js'

const SECRET = 'a'.repeat(49)
const TOKEN = `pstn_AAAAAAAAAAAA_${SECRET}`

type Line = Record<string, unknown>

void t.test('writes a line of JSON with the level as a word and the time in ISO 8601', async t => {
  const [line] = log(logger => {
    logger.info({ account: 'etl', waitedMs: 12 }, 'admitted')
  })
  t.match(line, { level: 'info', account: 'etl', waitedMs: 12, msg: 'admitted', time: /^\d{4}-\d\d-\d\dT/ })
})

void t.test('cuts tokens out of every string, wherever it is', async t => {
  const cases: Record<string, (logger: Logger) => void> = {
    'the message': logger => {
      logger.info(`got ${TOKEN} from a client`)
    },
    'a message with arguments': logger => {
      logger.info('got %s and %j', TOKEN, { deep: TOKEN })
    },
    'a nested field': logger => {
      logger.info({ a: { b: [{ c: `x ${TOKEN} y` }] } }, 'nested')
    },
    'the name of a field': logger => {
      logger.info({ [TOKEN]: 1 }, 'field name')
    },
    'an error, its stack and its causes': logger => {
      const cause = new Error(`cause ${TOKEN}`, { cause: new Error(`root ${TOKEN}`) })
      logger.error({ err: new Error(`bad ${TOKEN}`, { cause }) }, 'failed')
    },
    'an error that is logged alone': logger => {
      logger.error(new Error(`bad ${TOKEN}`))
    },
    'the fields of an error': logger => {
      logger.error({ err: Object.assign(new Error('bad'), { query: `select '${TOKEN}'` }) })
    },
    'a child logger': logger => {
      logger.child({ client: TOKEN }).info('hello')
    },
    'two tokens and one cut short': logger => {
      logger.info(`${TOKEN},${TOKEN} ${TOKEN.slice(0, 40)}`)
    },
    'a URL': logger => {
      logger.info(`postgres://etl:${TOKEN}@db.example/shop?x=${TOKEN}`)
    },
  }
  for (const [place, write] of Object.entries(cases)) {
    const text = JSON.stringify(log(write))
    t.notMatch(text, /aaaaa/, place)
    t.match(text, /redacted/, place)
  }
})

void t.test('cuts a token out that is not as it was made', async t => {
  const broken = `${TOKEN.slice(0, 40)}\n${TOKEN.slice(40)}`
  for (const token of [TOKEN.toUpperCase(), TOKEN.replaceAll('_', '%5F'), broken, TOKEN.slice(0, 30)]) {
    const [line] = log(logger => {
      logger.info({ account: token }, `got ${token}`)
    })
    t.match(line, { level: 'info', account: /^pstn_A{12}_\[redacted\]$/, msg: /^got pstn_A{12}_\[redacted\]$/ })
  }
})

void t.test('cuts a token out that is broken by blanks or encoded in its prefix', async t => {
  const { keyId, token } = mintToken()
  for (const form of [
    `${token.slice(0, 18)} ${token.slice(18)}`,
    `pst\nn_${token.slice(5)}`,
    `ps\u200btn_${token.slice(5)}`,
    `%70stn_${token.slice(5)}`,
    `pstn\\u005f${token.slice(5)}`,
    `pst\\u006e&#95;${token.slice(5)}`,
  ]) {
    const [line] = log(logger => {
      logger.info({ account: form }, `got ${form}.`)
    })
    t.match(line, { account: `pstn_${keyId}_[redacted]`, msg: `got pstn_${keyId}_[redacted].` }, form)
  }
})

void t.test('cuts user info and passwords out of connection strings, and keeps the other fields', async t => {
  const [line] = log(logger => {
    logger.info({ at: 'postgres://ada:hun"ter2@db/shop?password=hunter3', dsn: "password = 'hunter 4'", by: 'ada@x' })
  })
  t.match(line, { at: 'postgres://[redacted]@db/shop?password=[redacted]', dsn: 'password = [redacted]', by: 'ada@x' })
})

void t.test('censors fields that are named for a secret, at any depth and of any shape', async t => {
  const names = [
    'password',
    'token',
    'secret',
    'authorization',
    'cookie',
    'Set-Cookie',
    'secret_key',
    'upstreamPassword',
  ]
  for (const name of names) {
    const lines = log(logger => {
      logger.info({ [name]: 'hunter2', a: { b: { [name]: ['hunter2'] } } }, 'fields')
      logger.child({ [name]: 'hunter2' }).info('child')
      logger.error({ err: Object.assign(new Error('bad'), { [name]: { raw: 'hunter2' } }) })
    })
    t.equal(lines.length, 3)
    t.notMatch(JSON.stringify(lines), /hunter2/, name)
  }
})

void t.test('keeps numbers and flags under such names, as they are counts and settings', async t => {
  const [line] = log(logger => {
    logger.info({ tokens: 3, passwordListener: true })
  })
  t.match(line, { tokens: 3, passwordListener: true })
})

void t.test('writes no raw bytes', async t => {
  const [line] = log(logger => {
    logger.info({ packet: Buffer.from('hunter2'), list: [Buffer.alloc(3)] })
  })
  t.match(line, { packet: '[7 bytes]', list: ['[3 bytes]'] })
})

void t.test('spells errors out, with causes and the errors of an aggregate', async t => {
  const cause = Object.assign(new TypeError('deeper'), { code: 'ECONNREFUSED' })
  const [line, aggregate] = log(logger => {
    logger.error({ err: new Error('outer', { cause }) }, 'failed')
    logger.error({ err: new AggregateError([new Error('first'), new Error('second')], 'all failed') })
  })
  t.match(line, { msg: 'failed', err: { type: 'Error', message: 'outer', stack: /log\.test/ } })
  t.match(line, { err: { cause: { type: 'TypeError', message: 'deeper', code: 'ECONNREFUSED' } } })
  t.match(aggregate, { err: { aggregateErrors: [{ message: 'first' }, { message: 'second' }] } })
})

void t.test('survives cycles and what JSON does not know', async t => {
  const cycle: Line = { password: 'hunter2', seq: 12n }
  cycle['self'] = cycle
  const error = new Error('circle')
  error.cause = error
  const lines = log(logger => {
    logger.info({ cycle }, 'cycle')
    logger.error({ err: error }, 'cause')
  })
  t.match(lines, [{ msg: 'cycle', cycle: { password: '[redacted]' } }, { err: { message: 'circle' } }])
})

void t.test('ends each line with one line feed, censored or not', async t => {
  const texts: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: text => void texts.push(text) } })
  logger.info('plain')
  logger.info({ password: 'hunter2' }, 'two\nlines')
  for (const text of texts) t.match(text, /^\{[^\n]*\}\n$/)
  t.equal(texts.length, 2)
})

void t.test('writes nothing below its level', async t => {
  const lines = log(logger => {
    logger.debug('too much')
  })
  t.same(lines, [])
})

function log(write: (logger: Logger) => void): Line[] {
  const lines: Line[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  write(createLogger({ level: 'info', destination }))
  return lines
}

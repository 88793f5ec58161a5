import t from 'tap'
import { binary, utf8 } from '../../src/wire/binary-string.js'

void t.test('turns text into one character a byte, and back', async t => {
  t.equal(binary('é'), '\xc3\xa9')
  t.equal(binary('plain'), 'plain')
  for (const text of ['', 'plain', '日本 é', '🐘']) t.equal(utf8(binary(text)), text)
})

void t.test('shows bytes that are not UTF-8 as U+FFFD', async t => {
  t.equal(utf8('a\xffb'), 'a\ufffdb')
})

import t from 'tap'
import { displayWidth, pad, printable, wrap } from '../../src/cli/display-text.js'

void t.test('counts the cells of a terminal, not code points', async t => {
  t.equal(displayWidth('shop'), 4)
  t.equal(displayWidth('日本'), 4)
  t.equal(displayWidth('e\u0301'), 1)
  t.equal(displayWidth('👩‍👩‍👧'), 2)
  t.equal(displayWidth('❤️'), 2)
  t.equal(displayWidth('\u{20000}'), 2)
  t.equal(displayWidth('\u200b'), 0)
})

void t.test('pads by width', async t => {
  t.equal(pad('日本', 6), '日本  ')
  t.equal(pad('shop', 2), 'shop')
})

void t.test('lets no control character reach the terminal', async t => {
  t.equal(printable('a\u001b[2Jb\u009bc\u0000'), 'a\ufffd[2Jb\ufffdc\ufffd')
  t.equal(printable('one\r\n\ttwo'), 'one two')
  t.equal(printable('a\u202eb\u061cc\u2028d'), 'a\ufffdb\ufffdc\ufffdd')
})

void t.test('wraps at spaces and leaves long words whole', async t => {
  t.same(wrap('aa bb cc', 5), ['aa bb', 'cc'])
  t.same(wrap('a longerthanthat b', 5), ['a', 'longerthanthat', 'b'])
  t.same(wrap('', 5), [''])
})

void t.test('breaks long words where it is asked to, between letters as they are seen', async t => {
  t.same(wrap('a longerthanthat b', 5, true), ['a', 'longe', 'rthan', 'that', 'b'])
  t.same(wrap('日本日本', 5, true), ['日本', '日本'])
  t.same(wrap('👩‍👩‍👧👩‍👩‍👧', 2, true), ['👩‍👩‍👧', '👩‍👩‍👧'])
})

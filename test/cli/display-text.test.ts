import t from 'tap'
import { cut, displayWidth, pad, printable, wrap } from '../../src/cli/display-text.js'

void t.test('counts the cells of a terminal, not code points', async t => {
  t.equal(displayWidth('shop'), 4)
  t.equal(displayWidth('日本'), 4)
  t.equal(displayWidth('e\u0301'), 1)
  t.equal(displayWidth('👩‍👩‍👧'), 2)
})

void t.test('cuts to the width and shows that it did', async t => {
  t.equal(cut('warehouse', 9), 'warehouse')
  t.equal(cut('warehouse', 8), 'warehou…')
  t.equal(cut('日本日本', 6), '日本…')
  t.equal(displayWidth(cut('日本日本', 5)), 5)
})

void t.test('pads by width', async t => {
  t.equal(pad('日本', 6), '日本  ')
  t.equal(pad('shop', 2), 'shop')
})

void t.test('lets no control character reach the terminal', async t => {
  t.equal(printable('a\u001b[2Jb\u009bc\u0000'), 'a\ufffd[2Jb\ufffdc\ufffd')
  t.equal(printable('one\r\n\ttwo'), 'one two')
  t.equal(printable('a\u202eb'), 'a\ufffdb')
})

void t.test('wraps at spaces and leaves long words whole', async t => {
  t.same(wrap('aa bb cc', 5), ['aa bb', 'cc'])
  t.same(wrap('a longerthanthat b', 5), ['a', 'longerthanthat', 'b'])
  t.same(wrap('', 5), [''])
})

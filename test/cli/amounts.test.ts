import t from 'tap'
import { duration, parseMinutes, size } from '../../src/cli/amounts.js'

void t.test('shows a duration in its largest whole unit', async t => {
  for (const [seconds, text] of [
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3599, '59 min'],
    [3600, '1 h'],
    [86_400, '1 d'],
    [400 * 86_400, '400 d'],
  ] as const) {
    t.equal(duration(seconds), text)
  }
})

void t.test('shows a size with two or three digits', async t => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [999_400, '999 kB'],
    [999_500, '1.0 MB'],
    [5e15, '5000 TB'],
  ] as const) {
    t.equal(size(bytes), text)
  }
})

void t.test('reads times of grace, and nothing else', async t => {
  for (const [text, minutes] of [
    ['0', 0],
    ['30m', 30],
    ['30min', 30],
    ['12h', 720],
    ['1d', 1440],
    ['0d', 0],
  ] as const) {
    t.equal(parseMinutes(text), minutes, text)
  }
  for (const text of ['', '5', '1w', '-1d', '1.5h', ' 1d', '1 d', '1234567d']) t.equal(parseMinutes(text), null, text)
})

import t from 'tap'
import { SecretInput } from '../../src/cli/secret-input.js'
import { fakeTerminal } from './fake-terminal.js'

void t.test('hands out the lines of stdin one by one', async t => {
  const input = new SecretInput(fakeTerminal({ piped: 'first\r\n\n  second  ' }))
  t.equal(await input.next('--url'), 'first')
  t.equal(await input.next('--reader-url'), 'second')
  await t.rejects(input.next('--writer-url'), { message: 'nothing was given for --writer-url', exitCode: 2 })
})

void t.test('refuses an empty stdin', async t => {
  await t.rejects(new SecretInput(fakeTerminal()).next('token'), { message: 'nothing was given for token' })
})

void t.test('stops reading when stdin is too long', async t => {
  const input = new SecretInput(fakeTerminal({ piped: 'x'.repeat(65_537) }))
  await t.rejects(input.next('token'), { message: 'stdin is too long' })
})

void t.test('asks at a terminal, with the echo off, and shows nothing of the answer', async t => {
  const terminal = fakeTerminal({ typed: '' })
  const answer = new SecretInput(terminal).next('token')
  t.equal(terminal.raw(), true)
  terminal.stdin.push('hunterr\u007f2\r')
  t.equal(await answer, 'hunter2')
  t.equal(terminal.err(), 'token: \n')
  t.equal(terminal.out(), '')
  t.equal(terminal.raw(), false)
})

void t.test('takes Ctrl-C for no', async t => {
  const terminal = fakeTerminal({ typed: '' })
  const answer = new SecretInput(terminal).next('token')
  terminal.stdin.push('hunt\u0003')
  await t.rejects(answer, { message: 'cancelled', exitCode: 1 })
  t.equal(terminal.raw(), false)
})

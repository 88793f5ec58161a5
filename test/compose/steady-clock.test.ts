import t from 'tap'
import { steadyClock } from '../../src/compose/steady-clock.js'

/** A machine that is awake or asleep for as long as the test says. */
class Machine {
  awakeMs = 5_000
  bootedMs = 900_000
  readonly now = steadyClock({ monotonic: () => this.awakeMs, sinceBoot: () => this.bootedMs })

  work(ms: number): void {
    this.awakeMs += ms
    this.bootedMs += ms
  }

  sleep(ms: number): void {
    this.bootedMs += ms
  }
}

void t.test('goes as the monotonic clock does while the machine is awake', async t => {
  const machine = new Machine()
  t.equal(machine.now(), 5_000)
  machine.work(60_000)
  t.equal(machine.now(), 65_000)
})

void t.test('has gone on while the machine slept, as is noticed within a second of waking', async t => {
  const machine = new Machine()
  machine.work(10_000)
  t.equal(machine.now(), 15_000)
  machine.sleep(3_600_000)
  machine.work(1_000)
  t.equal(machine.now(), 16_000 + 3_600_000)
  machine.sleep(7_000)
  machine.work(1_000)
  t.equal(machine.now(), 17_000 + 3_607_000, 'and once more')
})

void t.test('never goes back, nor by the steps in which the time since boot is told', async t => {
  const machine = new Machine()
  machine.sleep(990)
  machine.work(1_000)
  t.equal(machine.now(), 6_000)
  machine.bootedMs -= 500_000
  machine.work(1_000)
  t.equal(machine.now(), 7_000)
})

void t.test('the clock of this machine goes forward', async t => {
  const now = steadyClock()
  const first = now()
  t.ok(now() >= first)
  t.ok(Math.abs(first - performance.now()) < 60_000)
})

import t, { type Test } from 'tap'
import { Machine } from '../../src/load/machine.ts'

const meminfo = (left: number) => `MemTotal:       1000 kB\nMemFree:         10 kB\nMemAvailable:    ${left} kB\n`
type Folder = NonNullable<Parameters<Test['testdir']>[0]>
const read = async (t: Test, proc: Folder, cgroup: Folder = {}) => await new Machine(t.testdir({ proc, sys: { fs: { cgroup } } })).read()

t.test('memory of the machine', async t => {
  t.match(await read(t, { meminfo: meminfo(250) }), { memory: 25 })
})

t.test('the tightest group of version 2 counts, without files that can be had back at once', async t => {
  const own = { 'memory.max': '100000\n', 'memory.current': '95000\n', 'memory.stat': 'anon 1\ninactive_file 15000\nactive_file 9\n' }
  const above = { 'memory.max': '200000\n', 'memory.current': '190000\n', 'memory.stat': 'inactive_file 0\n', own }
  t.match(await read(t, { meminfo: meminfo(900), self: { cgroup: '0::/above/own\n' } }, { above }), { memory: 5 })
  t.match(await read(t, { meminfo: meminfo(900), self: { cgroup: '0::/above/own\n' } }, { above: { ...above, 'memory.max': 'max\n' } }), { memory: 20 })
})

t.test('in a container, where the group’s name leads nowhere, the root of what is seen is our own', async t => {
  t.match(await read(t, { meminfo: meminfo(900), self: { cgroup: '0::/../../pod/abc\n' } }, { 'memory.max': '1000', 'memory.current': '900' }), { memory: 10 })
})

t.test('groups of version 1, with limits that are none', async t => {
  const memory = { 'memory.limit_in_bytes': '9223372036854771712', 'memory.usage_in_bytes': '5', pod: { 'memory.limit_in_bytes': '1000', 'memory.usage_in_bytes': '800', 'memory.stat': 'total_inactive_file 100\n' } }
  t.match(await read(t, { meminfo: meminfo(900), self: { cgroup: '12:cpu,cpuacct:/pod\n5:memory:/pod\n0::/\n' } }, { memory }), { memory: 30 })
})

t.test('pressure for processors, by the kernel’s account, the group’s own if that is higher', async t => {
  const pressure = (share: number) => `some avg10=${share} avg60=1.00 avg300=1.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`
  t.match(await read(t, { pressure: { cpu: pressure(12.5) } }), { cpu: 12.5 })
  t.match(await read(t, { pressure: { cpu: pressure(12.5) }, self: { cgroup: '0::/a\n' } }, { a: { 'cpu.pressure': pressure(40) } }), { cpu: 40 })
})

t.test('without such an account, by the load beyond the processors', async t => {
  const stat = 'cpu  1 2\ncpu0 1 2\ncpu1 1 2\nintr 5\n'
  t.match(await read(t, { loadavg: '8.00 1 1 1/2 3\n', stat }), { cpu: 75 })
  t.match(await read(t, { loadavg: '1.50 1 1 1/2 3\n', stat }), { cpu: 0 })
})

t.test('a group that its limit cuts short waits, too, told from look to look', async t => {
  const { writeFile } = await import('node:fs/promises')
  const dir = t.testdir({ proc: { self: { cgroup: '0::/a\n' } }, sys: { fs: { cgroup: { a: { 'cpu.stat': 'usage_usec 1\nnr_periods 100\nnr_throttled 50\n' } } } } })
  const machine = new Machine(dir)
  t.match(await machine.read(), { cpu: null }, 'what was long ago says nothing')
  await writeFile(`${dir}/sys/fs/cgroup/a/cpu.stat`, 'usage_usec 1\nnr_periods 140\nnr_throttled 60\n')
  t.match(await machine.read(), { cpu: 25 })
})

t.test('where there are no such files nothing is known', async t => {
  t.same(await read(t, {}), { memory: null, cpu: null })
})

t.test('this machine can be read', async t => {
  const { memory } = await new Machine().read()
  t.ok(memory !== null && memory > 0 && memory <= 100, `${memory}`)
})

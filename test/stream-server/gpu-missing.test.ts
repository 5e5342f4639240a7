import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { inTime } from '../../src/stream-server/ssr/gpu/in-time.ts'
import { orderOf } from '../../src/stream-server/ssr/orders.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { PaintingProcess } from './support/painting-process.ts'
import { shapes } from './support/shapes.ts'
import { adapters, programBeside } from './support/stand-in-webgpu.ts'
import { camera } from './support/viewer.ts'

const { pack, scene } = await shapes(t)
const real = pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href
const order = (seq: number) => orderOf({ ...camera(seq, [4.5, 4, 7], [1.5, 0, 1.5]), width: 160, height: 90 }, { scale: 1, coarseness: 1, arrangement: 0, samples: 1, mayStop: false })

async function start (t: Test, program: string, environment?: Record<string, string>): Promise<PaintingProcess> {
  return await PaintingProcess.start(t, program, scene, environment)
}
const filled = ({ pixels }: { pixels: ArrayBuffer }) => new Uint32Array(pixels).reduce((sum, value) => sum + Number(value !== 0xffffffff), 0)
const paints = async (t: Test, painter: PaintingProcess) => { t.ok(filled(await painter.paintWhole(order(1), pack)) > 500) }

for (const [what, code, index, why] of [
  ['the package is not installed', null, null, 'the package webgpu is not installed'],
  ['the package does not fit the system', "throw new Error('no binary here')", null, 'the package webgpu cannot be loaded: no binary here'],
  ['there is no adapter', adapters(), null, 'there is no GPU with a driver'],
  ['the only adapter is software', adapters('llvmpipe (LLVM 19.1)'), null, 'llvmpipe (LLVM 19.1) is software, no GPU'],
  ['the device cannot be had', adapters('llvmpipe (LLVM 19.1)', 'Real A'), null, 'the GPU cannot be used: no device of Real A'],
  ['it is the second GPU that is asked for', adapters('Real A', 'llvmpipe (LLVM 19.1)', 'Real B'), 1, 'the GPU cannot be used: no device of Real B'],
  ['the GPU that is asked for is not there', adapters('Real A', 'llvmpipe (LLVM 19.1)', 'Real B'), 2, 'there is no GPU 2 but 0: Real A, 1: Real B'],
  ['another with its name in its own answers for the GPU that is asked for', adapters('Real A Laptop', 'Real A', 'Real B'), 1, 'the GPU Real A cannot be reached: real-a-laptop answers to its name'],
  ['the GPU that is asked for is not there, nor can all others be reached', adapters('Real A Laptop', 'Real A'), 2, 'there is no GPU 2 but 0: Real A Laptop, 1: Real A (cannot be reached)'],
  ['none is asked for, the first that can be reached is tried', adapters('llvmpipe for Real A', 'Real A', 'Real B'), null, 'the GPU cannot be used: no device of Real B']
] as const) {
  t.test(`the rasterizer paints when ${what}`, async t => {
    const painter = await start(t, await programBeside(t, code, { index }))
    t.equal(await painter.equipment(), `the rasterizer: ${why}`)
    await paints(t, painter)
  })
}

t.test('without any driver the rasterizer paints', async t => {
  const painter = await start(t, await programBeside(t, `export * from ${JSON.stringify(real)}`, { software: true }), {})
  t.equal(await painter.equipment(), 'the rasterizer: there is no GPU with a driver')
  await paints(t, painter)
})

t.test('a driver that hangs is given up', async t => {
  const painter = await start(t, await programBeside(t, `
    export const globals = {}
    export const create = () => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) }`))
  painter.tell({ type: 'mark', what: 'hidden', runs: [0, 1000], on: true })
  painter.tell({ ...order(1) })
  painter.tell({ type: 'late' })
  t.equal(await painter.equipment(), 'the rasterizer: no GPU answers')
  const empty = await painter.until(() => painter.heard.find(message => message.type === 'painted'))
  t.same(empty.wanted, [], 'what was said meanwhile is not lost')
  painter.tell({ type: 'mark', what: 'hidden', runs: [0, 1000], on: false })
  await paints(t, painter)
})

for (const [what, failure, why] of [
  ['is lost', 'device.destroy()', /^the rasterizer: the GPU failed: .*(destroyed|lost)/],
  ['runs out of memory', "device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: { message: 'out of memory' } }))", /^the rasterizer: the GPU failed: out of memory/]
] as const) {
  t.test(`when the device ${what} the rasterizer goes on`, async t => {
    const painter = await start(t, await programBeside(t, `
      import * as real from ${JSON.stringify(real)}
      export const { globals } = real
      export const create = options => {
        const gpu = real.create(options)
        return { requestAdapter: async () => {
          const adapter = await gpu.requestAdapter()
          return { gpu, info: adapter.info, limits: adapter.limits, requestDevice: async wanted => {
            const device = await adapter.requestDevice(wanted)
            const { createCommandEncoder } = device
            let pictures = 0
            device.createCommandEncoder = (...all) => {
              if (++pictures === 3) ${failure}
              return createCommandEncoder.apply(device, all)
            }
            return device
          } }
        } }
      }`, { software: true }))
    t.match(await painter.equipment(), /^the GPU SwiftShader/)
    const whole = await painter.paintWhole(order(1), pack)
    const { instance } = await painter.pick(1, 0.45, 0.75)
    t.ok(instance >= 0)
    for (let seq = 2; (await painter.equipment()).startsWith('the GPU'); seq++) await painter.paint(order(seq))
    t.match(await painter.equipment(), why)
    t.equal(filled(await painter.paintWhole(order(100), pack)), filled(whole))
    t.equal((await painter.pick(2, 0.45, 0.75)).instance, instance)
    t.same(await painter.close(), { code: 0, signal: null })
  })
}

t.test('when the GPU hangs the rasterizer goes on, and nothing waits for it', async t => {
  const painter = await start(t, await programBeside(t, `
    import * as real from ${JSON.stringify(real)}
    export const { globals } = real
    let hangs = false
    const never = new Promise(() => {})
    const { setTimeout } = globalThis
    globalThis.setTimeout = (action, milliseconds) => setTimeout(action, hangs && milliseconds === 10_000 ? 0 : milliseconds)
    // Dawn waits for what it was told to do before it destroys a device.
    const stuck = () => { throw new Error('the thread hangs too') }
    const instead = (object, name, other) => {
      const own = object[name]
      Object.defineProperty(object, name, { value: (...all) => hangs ? other() : own.apply(object, all) })
    }
    export const create = options => {
      const gpu = real.create(options)
      return { requestAdapter: async () => {
        const adapter = await gpu.requestAdapter()
        return { gpu, info: adapter.info, limits: adapter.limits, requestDevice: async wanted => {
          const device = await adapter.requestDevice(wanted)
          const { createCommandEncoder, createBuffer, queue } = device
          let pictures = 0
          device.createCommandEncoder = (...all) => {
            if (++pictures === 3) hangs = true
            return createCommandEncoder.apply(device, all)
          }
          device.createBuffer = (...all) => {
            const buffer = createBuffer.apply(device, all)
            instead(buffer, 'mapAsync', () => never)
            return buffer
          }
          instead(queue, 'onSubmittedWorkDone', () => never)
          Object.defineProperty(device, 'queue', { value: queue })
          instead(device, 'destroy', stuck)
          return device
        } }
      } }
    }`, { software: true }))
  t.match(await painter.equipment(), /^the GPU SwiftShader/)
  const whole = await painter.paintWhole(order(1), pack)
  for (let seq = 2; (await painter.equipment()).startsWith('the GPU'); seq++) await painter.paint(order(seq))
  t.equal(await painter.equipment(), 'the rasterizer: the GPU failed: no answer in 10 s')
  t.equal(filled(await painter.paintWhole(order(100), pack)), filled(whole))
})

t.test('a GPU that does not answer is given up', async t => {
  const clock = new FakeClock()
  const late = t.rejects(inTime(new Promise(() => {}), 10_000, clock), { message: 'no answer in 10 s' })
  await clock.advance(9999)
  t.equal(clock.pending, 1)
  await clock.advance(1)
  await late
  t.equal(await inTime(Promise.resolve(5), 10_000, clock), 5)
  t.equal(clock.pending, 0, 'no timer is left')
})

import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { programAddress } from '../../../src/stream-server/ssr/painting-program.ts'
import type { GpuWish } from '../../../src/stream-server/ssr/gpu/gpu.ts'
import { programs } from './bundle.ts'

/** A folder with the stream server's programs where the package `webgpu` is this code, or is not installed at all. */
export async function folderBeside (t: Test, code: string | null): Promise<string> {
  // Where no folder above has packages.
  const folder = await mkdtemp(join(tmpdir(), 'stream-server-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const made = dirname((await programs()).render)
  for (const name of await readdir(made)) if (name.endsWith('.mjs')) await copyFile(join(made, name), join(folder, name))
  if (code !== null) {
    const place = join(folder, 'node_modules', 'webgpu')
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'package.json'), '{ "name": "webgpu", "type": "module", "main": "index.js" }')
    await writeFile(join(place, 'index.js'), code)
  }
  return folder
}

/** Where the painting program is in such a folder. */
export async function programBeside (t: Test, code: string | null, wish: Partial<GpuWish> = {}): Promise<string> {
  return programAddress(pathToFileURL(join(await folderBeside(t, code), 'render.mjs')), { index: null, software: false, ...wish })
}

/** The code of a package with adapters of these names, none of which is more than a name; those called after LLVM are of software. */
export const adapters = (...names: string[]): string => `
  export const globals = {}
  const names = ${JSON.stringify(names)}
  const adapter = name => ({ info: { device: name.toLowerCase().replace(/[^a-z0-9]+/g, '-'), isFallbackAdapter: false }, limits: {}, requestDevice: async () => { throw new Error('no device of ' + name + '\\nand so on') } })
  export const create = options => ({
    async requestAdapter () {
      const asked = options.find(option => option.startsWith('adapter='))?.slice(8)
      const found = names.find(name => asked === undefined || name.includes(asked))
      if (names.length === 0) return null
      if (found === undefined) throw new Error('no suitable backends found\\nAvailable adapters:' + names.map(name => "\\n * backend: 'vulkan', name: '" + name + "'").join(''))
      return adapter(found)
    }
  })
`

/** The code of a package that has the system's adapter in software pass for a real GPU; `befall` is code that is run with each `device` before anybody has it. */
const disguisedWith = (befall: string): string => `
  import * as real from ${JSON.stringify(import.meta.resolve('webgpu'))}
  export const { globals } = real
  // Dawn lives as long as somebody has this.
  const gpu = real.create([])
  export const create = options => ({
    async requestAdapter () {
      if (!options.includes('adapter=Real A')) throw new Error("\\n * backend: 'vulkan', name: 'Real A'")
      const adapter = await gpu.requestAdapter()
      return { info: { device: 'real-a', isFallbackAdapter: false }, limits: adapter.limits, requestDevice: async wanted => {
        const device = await adapter.requestDevice(wanted)
        ${befall}
        return device
      } }
    }
  })
`

export const disguised = disguisedWith('')

/** The same; it is lost as soon as depth and numbers of a picture are asked for that is there already. */
export const lostWhenAsked = disguisedWith(`
        const { createCommandEncoder } = device
        device.createCommandEncoder = () => {
          const encoder = createCommandEncoder.call(device)
          const { beginRenderPass, finish } = encoder
          let draws = false
          encoder.beginRenderPass = (...all) => {
            draws = true
            return beginRenderPass.apply(encoder, all)
          }
          encoder.finish = () => {
            if (!draws) device.destroy()
            return finish.call(encoder)
          }
          return encoder
        }`)

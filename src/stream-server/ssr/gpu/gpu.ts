import { pipelineOf } from './pipeline.ts'

/** Which GPU is asked for. */
export interface GpuWish {
  /** Counted from 0; null: the first. */
  index: number | null
  /** One that is made of software is taken too. It is slower than the rasterizer: for tests. */
  software: boolean
}

/** A GPU that is there, or a sentence's end why there is none. */
export type FoundGpu =
  | { status: 'found', name: string, device: GPUDevice, pipeline: GPURenderPipeline, gpu: GPU }
  | { status: 'none', why: string }

/** Its adapter may be another's: `isReached`. */
interface Candidate { name: string, adapter: GPUAdapter, gpu: GPU }

/** No adapter has it in its name: who asks for it is told of those that are there. */
const nobody = '\u0001'
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i

/** Finds a GPU by the package `webgpu`, if it is installed: Dawn, with what drivers the system has. */
export async function openGpu ({ index, software }: GpuWish): Promise<FoundGpu> {
  const loaded = await load()
  if (typeof loaded === 'string') return { status: 'none', why: loaded }
  try {
    const real: Candidate[] = []
    const unreal: string[] = []
    for (const candidate of await candidates(loaded.create)) {
      if (!software && isSoftware(candidate)) unreal.push(candidate.name)
      else real.push(candidate)
    }
    const chosen = index === null ? real.find(isReached) ?? real[0] : real[index]
    if (chosen === undefined) return { status: 'none', why: index !== null && real.length > 0 ? `there is no GPU ${index} but ${listed(real)}` : unreal.length > 0 ? `${unreal.join(', ')} is software, no GPU` : 'there is no GPU with a driver' }
    const { adapter, gpu } = chosen
    if (!isReached(chosen)) return { status: 'none', why: `the GPU ${chosen.name} cannot be reached: ${adapter.info.device} answers to its name` }
    const alike = real.filter(({ name }) => name === chosen.name).length
    const name = alike > 1 ? `${chosen.name}, the first of ${alike} with this name` : chosen.name
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits
    const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } })
    return { status: 'found', name, device, pipeline: await pipelineOf(device), gpu }
  } catch (error) {
    return { status: 'none', why: `the GPU cannot be used: ${firstLine(error)}` }
  }
}

async function load (): Promise<typeof import('webgpu') | string> {
  try {
    const loaded = await import('webgpu')
    Object.assign(globalThis, loaded.globals)
    return loaded
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' ? 'the package webgpu is not installed' : `the package webgpu cannot be loaded: ${firstLine(error)}`
  }
}

/** In the order of the driver. Dawn finds adapters by name alone, and takes the first that has what is asked for anywhere in its name: of several with one name all are the first. */
async function candidates (create: (options: string[]) => GPU): Promise<Candidate[]> {
  const found = new Map<string, Candidate>()
  const list: Candidate[] = []
  for (const name of await names(create)) {
    if (!found.has(name)) {
      const gpu = create([`adapter=${name}`])
      const adapter = await gpu.requestAdapter()
      if (adapter !== null) found.set(name, { name, adapter, gpu })
    }
    const candidate = found.get(name)
    if (candidate !== undefined) list.push(candidate)
  }
  return list
}

async function names (create: (options: string[]) => GPU): Promise<string[]> {
  try {
    await create([`adapter=${nobody}`]).requestAdapter()
    return []
  } catch (error) {
    return [...String((error as Error).message).matchAll(/name: '(.*)'$/gm)].map(([, name]) => name!)
  }
}

/** Whether its adapter is its own, and not another's whose name only has its name in it. Dawn tells an adapter's name in small letters, with hyphens for all that is neither letter nor digit. */
const isReached = ({ name, adapter: { info: { device } } }: Candidate): boolean => device === '' || bare(device) === bare(name)
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

function isSoftware (candidate: Candidate): boolean {
  const { name, adapter: { info } } = candidate
  if (!isReached(candidate)) return softwareNames.test(name)
  return info.isFallbackAdapter || softwareNames.test([name, info.vendor, info.architecture, info.device, info.description].join(' '))
}

const listed = (real: Candidate[]): string => real.map((candidate, i) => `${i}: ${candidate.name}${isReached(candidate) ? '' : ' (cannot be reached)'}`).join(', ')
const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0]!

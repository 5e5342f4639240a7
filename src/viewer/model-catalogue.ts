import { modes, type Mode } from './modes.ts'

/** What the service behind this page offers. */
export interface ModelCatalogue {
  /** Which stream server it starts; the two need different viewers. */
  streamServer: 'embedded' | 'ts3d_sc_server'
  renderers: Mode[]
  models: string[]
  /** What may be sent to it; absent: nothing. */
  upload?: { bytes: number, endings: string[] }
}

/** Asks the service what it offers; fails with an Error in words. */
export async function fetchCatalogue (): Promise<ModelCatalogue> {
  const response = await fetch('api/models').catch((error: unknown) => {
    throw new Error('The service cannot be reached. Is it running?', { cause: error })
  })
  if (!response.ok) throw new Error(`The service did not list its models (HTTP status ${response.status}).`)
  return readCatalogue(await response.json().catch(() => undefined))
}

/** Takes the parts that this page knows from a body; throws an Error in words when there is nothing to take. */
export function readCatalogue (body: unknown): ModelCatalogue {
  if (typeof body !== 'object' || body === null || !('models' in body) || !Array.isArray(body.models)) {
    throw new Error('The service did not list its models.')
  }
  const models = body.models.map((model: unknown) => nameOf(model)).filter(name => name !== undefined)
  const offered = 'renderers' in body && Array.isArray(body.renderers) ? body.renderers : []
  const single = 'singleFile' in body && body.singleFile === true
  const renderers = modes.filter(mode => mode === 'single' ? single : offered.includes(mode))
  const streamServer = 'streamServer' in body && body.streamServer === 'ts3d_sc_server' ? 'ts3d_sc_server' : 'embedded'
  const upload = 'upload' in body ? uploadOf(body.upload) : undefined
  return { streamServer, renderers, models, ...upload === undefined ? {} : { upload } }
}

function uploadOf (value: unknown): ModelCatalogue['upload'] {
  if (typeof value !== 'object' || value === null || !('bytes' in value) || typeof value.bytes !== 'number' || !('endings' in value) || !Array.isArray(value.endings)) return undefined
  return { bytes: value.bytes, endings: value.endings.filter(ending => typeof ending === 'string') }
}

function nameOf (model: unknown): string | undefined {
  return typeof model === 'object' && model !== null && 'name' in model && typeof model.name === 'string' ? model.name : undefined
}

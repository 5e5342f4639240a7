import { reasonWords } from './reason-words.ts'

export interface FetchProgress {
  /** The model is being prepared, or the file made, on the server. */
  making (percent: number, step: string): void
  /** `total` is 0 where it is not known. */
  loading (received: number, total: number): void
}

/** A model as one GLB file, asked for until it is made. Fails with an Error in words, unless `signal` gave it up. */
export async function fetchSingleFile (service: string, model: string, signal: AbortSignal, progress: FetchProgress): Promise<ArrayBuffer> {
  const url = `${service.replace(/\/+$/, '')}/api/single-file?model=${encodeURIComponent(model)}`
  for (;;) {
    const response = await fetch(url, { signal }).catch((error: unknown) => { throw new Error('The service cannot be reached. Is it running?', { cause: error }) })
    if (response.status === 200) return await received(response, progress)
    const { percent, step, reason } = await response.json().catch(() => ({})) as Record<string, unknown>
    // The service waits before it says so: asking again at once is no hurry.
    if (response.status === 202 && typeof percent === 'number' && typeof step === 'string') progress.making(percent, step)
    else throw new Error(`${typeof reason === 'string' ? reasonWords(reason) : `The service refused with HTTP status ${response.status}`}.`)
  }
}

async function received (response: Response, progress: FetchProgress): Promise<ArrayBuffer> {
  const total = Number(response.headers.get('content-length') ?? 0)
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (;;) {
    const piece = await reader?.read().catch((error: unknown) => { throw new Error('The connection was lost before the file was there.', { cause: error }) })
    if (piece?.value === undefined) break
    pieces.push(piece.value)
    length += piece.value.length
    progress.loading(length, total)
  }
  return await new Blob(pieces as BlobPart[]).arrayBuffer()
}

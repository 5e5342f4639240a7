import { reasonWords } from './reason-words.ts'

export type SendOutcome =
  | { status: 'stored', name: string }
  /** In a sentence for people. */
  | { status: 'refused', words: string }
  | { status: 'given-up' }

/** Sends a model file to the service of this page; `progress` hears the bytes that have left. Never rejects. */
export async function sendModel (file: File, signal: AbortSignal, progress: (sent: number) => void): Promise<SendOutcome> {
  // fetch does not tell how far it is.
  const request = new XMLHttpRequest()
  request.open('POST', `api/models?file=${encodeURIComponent(file.name)}`)
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.responseType = 'json'
  request.upload.onprogress = ({ loaded }) => { progress(loaded) }
  return await new Promise(resolve => {
    signal.addEventListener('abort', () => { request.abort() })
    request.onabort = () => { resolve({ status: 'given-up' }) }
    request.onerror = () => { resolve({ status: 'refused', words: 'The connection was lost before the file was there.' }) }
    request.onload = () => {
      const { name, reason } = (request.response ?? {}) as { name?: unknown, reason?: unknown }
      if (request.status === 201 && typeof name === 'string') resolve({ status: 'stored', name })
      else resolve({ status: 'refused', words: `${typeof reason === 'string' ? reasonWords(reason) : `The service refused it with HTTP status ${request.status}`}.` })
    }
    request.send(file)
  })
}

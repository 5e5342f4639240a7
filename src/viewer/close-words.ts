import { closeCodes } from '../stream-server/protocol.ts'

/** One sentence per way a viewer's WebSocket may end: the standard codes, the stream server's and the service's refusals. */
const sentences = new Map<number, string>([
  [1000, 'The session has ended.'],
  [1001, 'The stream server was stopped.'],
  [1002, 'The stream server found an error in what the viewer sent.'],
  [1005, 'The stream server closed the connection without a reason.'],
  [1006, 'The connection to the stream server was lost.'],
  [1009, 'The stream server found a message of the viewer too large.'],
  [1012, 'The stream server restarts.'],
  [1013, 'All seats are taken, try again in a moment.'],
  [closeCodes.internal, 'The stream server had an error of its own.'],
  [closeCodes.unsupportedViewer, 'The stream server does not speak this viewer\'s language.'],
  [closeCodes.badToken, 'The stream server does not accept the session token.'],
  [closeCodes.unknownModel, 'There is no such model or session.'],
  [4408, 'The stream server did not start in time.'],
  [closeCodes.occupied, 'Another viewer already uses this stream server.'],
  [4410, 'The session is over: its stream server is gone.'],
  [closeCodes.badModel, 'The model cannot be read.'],
  [4429, 'Too many viewers were asked for at once, try again in a moment.']
])

/** True when the other side ended the session as it may: somebody stopped it. Everything else is a failure. */
export const isOrderly = (code: number): boolean => code === 1000 || code === 1001

/** The close in words: our sentence for the code, followed by the other side's reason when it adds something. */
export function closeWords (code: number, reason: string): string {
  const sentence = sentences.get(code) ?? `The connection was closed with code ${code}.`
  const detail = reasonText(reason)
  return detail === '' || code === 1000 ? sentence : `${sentence} ${detail}`
}

/** A reason is a sentence, or a short JSON object that holds one under `reason` or `message`. */
function reasonText (reason: string): string {
  const text = reason.trim()
  if (!text.startsWith('{')) return text
  try {
    const { message, reason } = JSON.parse(text) as { message?: unknown, reason?: unknown }
    return String(message ?? reason ?? '').replaceAll('_', ' ')
  } catch {
    return ''
  }
}

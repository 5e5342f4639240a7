import { closeCodes } from '../stream-server/protocol.ts'
import { reasonWords } from './reason-words.ts'

/** One sentence per way a viewer's WebSocket may end: the standard codes, the stream server's and the service's refusals. */
const sentences = new Map<number, string>([
  [1000, 'The session has ended.'],
  [1001, 'The stream server was stopped.'],
  [1002, 'The stream server found an error in what the viewer sent.'],
  [1003, 'The stream server found an error in what the viewer sent.'],
  [1005, 'The stream server closed the connection without a reason.'],
  [1006, 'The connection to the stream server was lost.'],
  [1008, 'The stream server found an error in what the viewer sent.'],
  [1009, 'The stream server found a message of the viewer too large.'],
  [1012, 'The service is shutting down or restarts, try again in a moment.'],
  [1013, 'All seats are taken, try again in a moment.'],
  [closeCodes.internal, 'The stream server had an error of its own.'],
  [closeCodes.unsupportedViewer, 'The stream server does not speak this viewer\'s language.'],
  [closeCodes.badToken, 'The stream server does not accept the session token.'],
  [4403, 'This kind of rendering is switched off on the server.'],
  [closeCodes.unknownModel, 'There is no such model or session.'],
  [4408, 'The stream server did not start in time.'],
  [closeCodes.occupied, 'Another viewer already uses this stream server.'],
  [closeCodes.noSession, 'The session is over: its stream server is gone.'],
  [closeCodes.badModel, 'The model cannot be read.'],
  [4422, 'This model keeps crashing and is locked for now, try again in some minutes.'],
  [4429, 'Too many viewers were asked for at once, try again in a moment.']
])

/** True when the other side ended the session as it may: somebody stopped it. Everything else is a failure. */
export const isOrderly = (code: number): boolean => code === 1000 || code === 1001

/** The close in words: the other side's reason where it is a sentence about a refusal, else ours for the code. */
export function closeWords (code: number, reason: string): string {
  const text = reasonText(reason)
  if (code >= closeCodes.internal && text.includes(' ')) return `${reasonWords(text)}.`
  return sentences.get(code) ?? `The connection was closed with code ${code}.`
}

/** The stream server's reasons are sentences; the service's are JSON with one under `reason`, cut to what a close frame holds. */
function reasonText (reason: string): string {
  if (!reason.startsWith('{')) return reason
  try {
    const told: unknown = JSON.parse(reason)
    return typeof told === 'object' && told !== null && 'reason' in told && typeof told.reason === 'string' ? told.reason : ''
  } catch {
    return ''
  }
}

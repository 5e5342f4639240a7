import { mostPixelsAlong, mostRunNumbers, streamingModes } from './protocol.ts'
import type { CameraMessage, ClientMessage, OpenMessage, Runs, StyleMessage } from './protocol.ts'

export type ReadMessage =
  | { ok: true, message: ClientMessage }
  | { ok: false, problem: string }

const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const within = (value: unknown, low: number, high: number): value is number => finite(value) && value >= low && value <= high
const numbers = (value: unknown, length: number): value is number[] => Array.isArray(value) && value.length === length && value.every(finite)
const text = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most
const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const side = (value: unknown): value is number => count(value) && value >= 1 && value <= mostPixelsAlong

/** Checks one text frame of a viewer: shape, types, ranges. What it does not know in a message it leaves out. */
export function readMessage (frame: string): ReadMessage {
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    return bad('a message is not JSON')
  }
  if (typeof value !== 'object' || value === null) return bad('a message is not an object')
  const message = value as Record<string, unknown>
  switch (message['type']) {
    case 'open': return readOpen(message)
    case 'camera': return readCamera(message)
    case 'received': return readReceived(message)
    case 'shown': return readShown(message)
    case 'stay': return good({ type: 'stay' })
    case 'pick': return readPick(message)
    case 'resume': return readResume(message)
    case 'request': return readRequest(message)
    case 'budget': return readBudget(message)
    case 'mark': return readMark(message)
    case 'style': return readStyle(message)
    default: return bad('a message is of no known type')
  }
}

const bad = (problem: string): ReadMessage => ({ ok: false, problem })
const good = (message: ClientMessage): ReadMessage => ({ ok: true, message })

function readOpen ({ model, token, streamingMode }: Record<string, unknown>): ReadMessage {
  if (!text(model, 1000)) return bad('open: model must be a string')
  if (token !== undefined && !text(token, 4096)) return bad('open: token must be a string')
  const message: OpenMessage = { type: 'open', model, ...(token !== undefined && { token }) }
  if (streamingMode !== undefined) {
    const mode = streamingModes.find(each => each === streamingMode)
    if (mode === undefined) return bad(`open: streamingMode must be ${streamingModes.join(', ')}`)
    message.streamingMode = mode
  }
  return good(message)
}

function readResume ({ key, scene, bytes, anew }: Record<string, unknown>): ReadMessage {
  if (!text(key, 100)) return bad('resume: key must be a string')
  if (typeof scene !== 'boolean') return bad('resume: scene must be true or false')
  if (!count(bytes)) return bad('resume: bytes must be a whole number')
  if (anew !== undefined && typeof anew !== 'boolean') return bad('resume: anew must be true or false')
  if (anew === true && (scene || bytes > 0)) return bad('resume: whoever begins anew has no scene and no bytes')
  return good({ type: 'resume', key, scene, bytes, ...anew === true && { anew } })
}

function readCamera ({ seq, viewProjection, position, focal, tolerance, width, height, background }: Record<string, unknown>): ReadMessage {
  if (!count(seq)) return bad('camera: seq must be a whole number')
  if (!numbers(viewProjection, 16)) return bad('camera: viewProjection must be 16 numbers')
  if (!numbers(position, 3)) return bad('camera: position must be 3 numbers')
  if (!within(focal, 1, 1e6)) return bad('camera: focal must be 1 to 1000000 pixels')
  if (!within(tolerance, 0.01, 1e4)) return bad('camera: tolerance must be 0.01 to 10000 pixels')
  const message: CameraMessage = { type: 'camera', seq, viewProjection, position: position as CameraMessage['position'], focal, tolerance }
  if (width !== undefined || height !== undefined) {
    if (!side(width) || !side(height)) return bad(`camera: width and height must be 1 to ${mostPixelsAlong} pixels`)
    Object.assign(message, { width, height })
  }
  if (background !== undefined) {
    if (!count(background) || background > 0xffffff) return bad('camera: background must be 0 to 16777215')
    message.background = background
  }
  return good(message)
}

const readReceived = ({ bytes }: Record<string, unknown>): ReadMessage => count(bytes) ? good({ type: 'received', bytes }) : bad('received: bytes must be a whole number')

function readRequest ({ runs, on }: Record<string, unknown>): ReadMessage {
  if (!isRuns(runs)) return bad('request: runs must be pairs of a first number and a count')
  if (typeof on !== 'boolean') return bad('request: on must be true or false')
  return good({ type: 'request', runs, on })
}

function readBudget ({ bytes, triangles }: Record<string, unknown>): ReadMessage {
  if (!count(bytes)) return bad('budget: bytes must be a whole number')
  if (!count(triangles)) return bad('budget: triangles must be a whole number')
  return good({ type: 'budget', bytes, triangles })
}

const readShown = ({ frame }: Record<string, unknown>): ReadMessage => count(frame) ? good({ type: 'shown', frame }) : bad('shown: frame must be a whole number')

function readPick ({ id, x, y }: Record<string, unknown>): ReadMessage {
  if (!count(id)) return bad('pick: id must be a whole number')
  if (!within(x, 0, 1) || !within(y, 0, 1)) return bad('pick: x and y must be 0 to 1')
  return good({ type: 'pick', id, x, y })
}

function readMark ({ what, runs, on }: Record<string, unknown>): ReadMessage {
  if (what !== 'selected' && what !== 'hidden') return bad('mark: what must be selected or hidden')
  if (!isRuns(runs)) return bad('mark: runs must be pairs of a first number and a count')
  if (typeof on !== 'boolean') return bad('mark: on must be true or false')
  return good({ type: 'mark', what, runs, on })
}

function readStyle ({ ghosts, edges, explosion, section }: Record<string, unknown>): ReadMessage {
  if (typeof ghosts !== 'boolean' || typeof edges !== 'boolean') return bad('style: ghosts and edges must be true or false')
  if (!within(explosion, 0, 3)) return bad('style: explosion must be 0 to 3')
  if (section !== null && !numbers(section, 4)) return bad('style: section must be 4 numbers or null')
  return good({ type: 'style', ghosts, edges, explosion, section: section as StyleMessage['section'] })
}

const isRuns = (value: unknown): value is Runs => Array.isArray(value) && value.length % 2 === 0 && value.length <= mostRunNumbers && value.every(count)

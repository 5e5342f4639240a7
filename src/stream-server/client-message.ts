import { mostPixelsAlong } from './protocol.ts'
import type { CameraMessage, ClientMessage, HighlightMessage, OpenMessage, PickMessage, ReceivedMessage, ShownMessage } from './protocol.ts'

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
    case 'pick': return readPick(message)
    case 'highlight': return readHighlight(message)
    default: return bad('a message is of no known type')
  }
}

function bad (problem: string): ReadMessage {
  return { ok: false, problem }
}

function readOpen ({ model, token }: Record<string, unknown>): ReadMessage {
  if (!text(model, 1000)) return bad('open: model must be a string')
  if (token !== undefined && !text(token, 4096)) return bad('open: token must be a string')
  const message: OpenMessage = { type: 'open', model, ...(token !== undefined && { token }) }
  return { ok: true, message }
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
  return { ok: true, message }
}

function readReceived ({ bytes }: Record<string, unknown>): ReadMessage {
  if (!count(bytes)) return bad('received: bytes must be a whole number')
  const message: ReceivedMessage = { type: 'received', bytes }
  return { ok: true, message }
}

function readShown ({ frame }: Record<string, unknown>): ReadMessage {
  if (!count(frame)) return bad('shown: frame must be a whole number')
  const message: ShownMessage = { type: 'shown', frame }
  return { ok: true, message }
}

function readPick ({ id, x, y }: Record<string, unknown>): ReadMessage {
  if (!count(id)) return bad('pick: id must be a whole number')
  if (!within(x, 0, 1) || !within(y, 0, 1)) return bad('pick: x and y must be 0 to 1')
  const message: PickMessage = { type: 'pick', id, x, y }
  return { ok: true, message }
}

function readHighlight ({ instance }: Record<string, unknown>): ReadMessage {
  if (instance !== -1 && !count(instance)) return bad('highlight: instance must be a whole number from -1')
  const message: HighlightMessage = { type: 'highlight', instance }
  return { ok: true, message }
}

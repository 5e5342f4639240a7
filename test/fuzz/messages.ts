import { readMessage } from '../../src/stream-server/client-message.ts'
import { closeCodes, mostRunNumbers, streamingModes, type ClientMessage, type ServerMessage } from '../../src/stream-server/protocol.ts'
import { readServerMessage, StreamError } from '../../src/viewer/server-message.ts'
import { altered, type Pick } from './altered.ts'
import type { Ending } from './model-input.ts'

const one = <Value>(values: readonly Value[], pick: Pick): Value => values[pick(values.length)] as Value
const some = (pick: Pick, most = 1000): number => one([0, 1, pick(most), most], pick)
const maybe = <Value extends object>(value: Value, pick: Pick): Value | object => pick(2) === 0 ? value : {}
const size = (pick: Pick): number => 1 + pick(4096)
const float = (pick: Pick): number => (pick(2_000_001) - 1_000_000) / one([1, 1000, 1_000_000], pick)
const floats = (length: number, pick: Pick): number[] => Array.from({ length }, () => float(pick))
const triple = (pick: Pick): [number, number, number] => [float(pick), float(pick), float(pick)]
const runs = (pick: Pick): number[] => Array.from({ length: 2 * one([0, 1, 3, mostRunNumbers / 2], pick) }, () => pick(50))
const texts = ['balls', 'drive-unit', '', 'a b', '../a', 'ä€😀', 'x'.repeat(1000)]

/** Messages of viewers as they may be, by what the protocol says of each field. */
const clientMessages: { [Type in ClientMessage['type']]: (pick: Pick) => Extract<ClientMessage, { type: Type }> } = {
  open: pick => ({ type: 'open', model: one(texts, pick), ...maybe({ token: one(texts, pick) }, pick), ...maybe({ streamingMode: one(streamingModes, pick) }, pick) }),
  resume: pick => ({ type: 'resume', key: 'k'.repeat(pick(101)), scene: pick(2) === 0, bytes: some(pick, 1e6) }),
  camera: pick => ({ type: 'camera', seq: some(pick), viewProjection: floats(16, pick), position: triple(pick), focal: 1 + pick(1e6), tolerance: one([0.01, 1, 1e4], pick), ...maybe({ width: size(pick), height: size(pick) }, pick), ...maybe({ background: pick(0x1000000) }, pick) }),
  received: pick => ({ type: 'received', bytes: some(pick, 1e9) }),
  budget: pick => ({ type: 'budget', bytes: some(pick, 1e9), triangles: some(pick, 1e9) }),
  request: pick => ({ type: 'request', runs: runs(pick), on: pick(2) === 0 }),
  stay: () => ({ type: 'stay' }),
  shown: pick => ({ type: 'shown', frame: some(pick) }),
  pick: pick => ({ type: 'pick', id: some(pick), x: pick(1001) / 1000, y: pick(1001) / 1000 }),
  mark: pick => ({ type: 'mark', what: one(['selected', 'hidden'], pick), runs: runs(pick), on: pick(2) === 0 }),
  style: pick => ({ type: 'style', ghosts: pick(2) === 0, edges: pick(2) === 0, explosion: pick(3001) / 1000, section: pick(2) === 0 ? null : [...triple(pick), float(pick)] })
}

const level = (pick: Pick) => ({ triangles: some(pick), vertices: some(pick), error: pick(1000) / 1000, bytes: some(pick) })
const levels = (pick: Pick) => Array.from({ length: 1 + pick(4) }, () => level(pick))

/** Messages of stream servers as they may be. */
const serverMessages: { [Type in ServerMessage['type']]: (pick: Pick) => Extract<ServerMessage, { type: Type }> } = {
  session: pick => ({ type: 'session', key: 'k'.repeat(pick(40)), graceSeconds: pick(3601) }),
  ending: pick => ({ type: 'ending', reason: one(['idle_timeout', 'max_lifetime'], pick), seconds: pick(3) === 0 ? null : pick(604_801) }),
  drop: pick => ({ type: 'drop', parts: Array.from({ length: pick(20) }, () => pick(50_001)) }),
  preparing: pick => ({ type: 'preparing', percent: pick(101), step: one(texts, pick) }),
  scene: pick => {
    const [nodes, parts, textures] = [1 + pick(5), pick(5), pick(3)]
    return {
      type: 'scene',
      model: one(texts, pick),
      min: triple(pick),
      max: triple(pick),
      nodes: Array.from({ length: nodes }, (_, i) => ({ name: one(texts, pick), parent: pick(i + 1) - 1 })),
      parts: Array.from({ length: parts }, () => ({
        name: one(texts, pick),
        min: triple(pick),
        max: triple(pick),
        color: [1, 1, 1, 1] as [number, number, number, number],
        metallic: pick(101) / 100,
        roughness: pick(101) / 100,
        ...textures > 0 ? { texture: pick(textures) } : {},
        ...maybe({ vertexColors: true }, pick),
        ...maybe({ solid: true as const }, pick),
        ...pick(4) > 0 ? { levels: levels(pick) } : { levels: [], pieces: Array.from({ length: 1 + pick(4) }, () => ({ min: triple(pick), max: triple(pick), levels: levels(pick) })) }
      })),
      instances: parts === 0 ? [] : Array.from({ length: pick(8) }, () => ({ part: pick(parts), node: pick(nodes), matrix: floats(16, pick) })),
      ...textures > 0 ? { textures: Array.from({ length: textures }, () => ({ mimeType: one(['image/png', 'image/jpeg'] as const, pick), width: size(pick), height: size(pick), bytes: some(pick) })) } : {},
      triangles: some(pick, 1e9)
    }
  },
  idle: pick => ({ type: 'idle', seq: some(pick), chunks: some(pick), bytes: some(pick), limited: pick(2) === 0 }),
  error: pick => ({ type: 'error', code: one(Object.keys(closeCodes) as Array<keyof typeof closeCodes>, pick), message: one(texts, pick) }),
  frame: pick => {
    const whole = size(pick)
    const top = pick(whole)
    return { type: 'frame', number: 1 + pick(1000), seq: some(pick), width: size(pick), height: 1 + pick(whole - top), top, whole, format: one(['png', 'jpeg'], pick), bytes: 1 + pick(1e6), triangles: some(pick), complete: pick(2) === 0 }
  },
  picked: pick => ({ type: 'picked', id: some(pick), instance: some(pick) - 1, ...maybe({ point: triple(pick) }, pick) })
}

export const clientTypes = Object.keys(clientMessages) as Array<ClientMessage['type']>
export const serverTypes = Object.keys(serverMessages) as Array<ServerMessage['type']>

export const clientMessage = (type: ClientMessage['type'], pick: Pick): ClientMessage => clientMessages[type](pick)
export const serverMessage = (type: ServerMessage['type'], pick: Pick): ServerMessage => serverMessages[type](pick)

/** A message of a viewer with a field or two altered, as text. */
export const alteredClientMessage = (pick: Pick): string => altered(clientMessage(one(clientTypes, pick), pick), pick)
/** A message of a stream server with a field or two altered, as text. */
export const alteredServerMessage = (pick: Pick): string => altered(serverMessage(one(serverTypes, pick), pick), pick)

/** Every number that is anywhere in a value is one, and nothing came from a prototype. */
const isSound = (value: unknown): boolean => typeof value === 'number' ? Number.isFinite(value) : typeof value === 'object' && value !== null ? [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value)) && Object.values(value).every(isSound) : true

/** Whether a text is at least a message of a type that there is. */
function isOfType (text: string, types: readonly string[]): boolean {
  try {
    return types.includes((JSON.parse(text) as { type: string } | null)?.type ?? '')
  } catch {
    return false
  }
}

const problemIn = (holds: [boolean, string][]): string | null => holds.find(([held]) => !held)?.[1] ?? null

/** What a stream server makes of a viewer's text: a sound message, or words that fit a close frame. */
export function clientEnding (text: string): Ending {
  const pastFirst = isOfType(text, clientTypes)
  const read = readMessage(text)
  if (!read.ok) return { end: 'refused', pastFirst, problem: Buffer.byteLength(read.problem) <= 123 && /^[\x20-\x7e]+$/.test(read.problem) ? null : `refused with ${read.problem}` }
  const { message } = read
  const problem = problemIn([
    [isSound(message), 'what is not a number was let through'],
    [!('runs' in message) || message.runs.length <= mostRunNumbers, 'too many runs'],
    [message.type !== 'open' || message.model.length + (message.token?.length ?? 0) <= 5096, 'too long a text']
  ])
  return { end: 'read', pastFirst, problem }
}

/** What a viewer makes of a stream server's text: a sound message, or a sentence. */
export function serverEnding (text: string): Ending {
  const pastFirst = isOfType(text, serverTypes)
  try {
    const message = readServerMessage(text)
    const problem = problemIn([
      [isSound(message), 'what is not a number was let through'],
      [message.type !== 'scene' || message.instances.every(({ part, node }) => message.parts[part] !== undefined && message.nodes[node] !== undefined), 'an instance of nothing'],
      [message.type !== 'frame' || message.width * message.height <= 4096 ** 2, 'a picture that is too large']
    ])
    return { end: 'read', pastFirst, problem }
  } catch (error) {
    const said = error instanceof StreamError && error.message.length <= 200 && /^The .*\.$/s.test(error.message)
    return { end: 'refused', pastFirst, problem: said ? null : (error as Error).stack ?? String(error) }
  }
}

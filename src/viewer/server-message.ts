import { closeCodes, mostFrameBytes, mostPixelsAlong } from '../stream-server/protocol.ts'
import type { ErrorMessage, FrameMessage, InstanceInfo, LevelInfo, PartInfo, PickedMessage, PieceInfo, SceneMessage, SceneNode, ServerMessage, TextureInfo } from '../stream-server/protocol.ts'

/** Largest scene a viewer takes on: beyond it a browser tab would not survive the geometry. */
const most = { text: 512 * 2 ** 20, parts: 50_000, pieces: 100_000, instances: 2_000_000, nodes: 4_000_000, levels: 16, textures: 10_000, geometry: 2 ** 27 }

/** The stream server said something that cannot be right; the message is a sentence for people. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
}

/** A text frame of the stream server, checked to the last number; throws `StreamError`. */
export function readServerMessage (text: string): ServerMessage {
  if (text.length > most.text) throw new StreamError('The stream server sent a scene that is too large for a browser.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new StreamError('The stream server sent a message that is no JSON.')
  }
  const message = record(value, 'message')
  switch (message['type']) {
    case 'preparing': return { type: 'preparing', percent: number(message['percent'], 'percent', 0, 100), step: string(message['step'], 'step') }
    case 'idle': return { type: 'idle', seq: count(message['seq'], 'seq'), chunks: count(message['chunks'], 'chunks'), bytes: count(message['bytes'], 'bytes'), limited: message['limited'] === true }
    case 'session': return { type: 'session', key: string(message['key'], 'key'), graceSeconds: number(message['graceSeconds'], 'graceSeconds', 0, 3600) }
    case 'ending': return { type: 'ending', reason: message['reason'] === 'max_lifetime' ? 'max_lifetime' : 'idle_timeout', seconds: message['seconds'] === null ? null : number(message['seconds'], 'seconds', 0, 604_800) }
    case 'drop': return { type: 'drop', parts: list(message['parts'], 'parts', most.pieces).map(each => integer(each, 'part', 0, most.pieces)) }
    case 'error': return { type: 'error', code: errorCode(message['code']), message: string(message['message'], 'message') }
    case 'scene': return scene(message)
    case 'frame': return frame(message)
    case 'picked': return picked(message)
    default: throw new StreamError('The stream server sent a message of an unknown kind.')
  }
}

function errorCode (value: unknown): ErrorMessage['code'] {
  return Object.keys(closeCodes).find((code): code is ErrorMessage['code'] => code === value) ?? 'internal'
}

function frame ({ number: sequence, seq, width, height, top, whole, format, bytes, triangles, complete }: Record<string, unknown>): FrameMessage {
  if (format !== 'jpeg' && format !== 'png') throw wrong('format')
  const rows = integer(whole, 'whole', 1, mostPixelsAlong)
  const first = integer(top, 'top', 0, rows - 1)
  return {
    type: 'frame',
    number: integer(sequence, 'number', 1, Number.MAX_SAFE_INTEGER),
    seq: count(seq, 'seq'),
    width: integer(width, 'width', 1, mostPixelsAlong),
    height: integer(height, 'height', 1, rows - first),
    top: first,
    whole: rows,
    format,
    bytes: integer(bytes, 'bytes', 1, mostFrameBytes),
    triangles: count(triangles, 'triangles'),
    complete: complete === true
  }
}

function picked ({ id, instance, point }: Record<string, unknown>): PickedMessage {
  const message: PickedMessage = { type: 'picked', id: count(id, 'id'), instance: integer(instance, 'instance', -1, most.instances) }
  if (point !== undefined) message.point = triple(point, 'point')
  return message
}

function scene (message: Record<string, unknown>): SceneMessage {
  const nodes = list(message['nodes'], 'nodes', most.nodes).map(node)
  const textures = message['textures'] === undefined ? [] : list(message['textures'], 'textures', most.textures).map(texture)
  const parts = list(message['parts'], 'parts', most.parts).map(value => part(value, textures.length))
  if (parts.reduce((sum, { pieces }) => sum + (pieces?.length ?? 1), 0) > most.pieces) throw new StreamError('The model has too many parts for a browser.')
  const instances = list(message['instances'], 'instances', most.instances).map(value => instance(value, parts.length, nodes.length))
  if (instances.reduce((sum, { part }) => sum + (parts[part]?.pieces?.length ?? 1), 0) > most.instances) throw new StreamError('The model has too many placed parts for a browser.')
  // Room for the coarsest levels is made before any has come.
  const coarsest = parts.flatMap(({ levels, pieces }) => (pieces ?? [{ levels }]).map(({ levels: [first] }) => Math.max(first?.vertices ?? 0, first?.triangles ?? 0)))
  if (coarsest.reduce((sum, size) => sum + size, 0) > most.geometry) throw new StreamError('The model is too large for a browser.')
  return {
    type: 'scene',
    model: string(message['model'], 'model'),
    min: triple(message['min'], 'min'),
    max: triple(message['max'], 'max'),
    nodes,
    parts,
    instances,
    ...textures.length > 0 ? { textures } : {},
    triangles: count(message['triangles'], 'triangles')
  }
}

function node (value: unknown, index: number): SceneNode {
  const { name, parent } = record(value, 'node')
  return { name: string(name, 'node name'), parent: integer(parent, 'parent', -1, index - 1) }
}

function texture (value: unknown): TextureInfo {
  const { mimeType, width, height, bytes } = record(value, 'texture')
  if (mimeType !== 'image/png' && mimeType !== 'image/jpeg') throw wrong('texture')
  return { mimeType, width: integer(width, 'width', 1, mostPixelsAlong), height: integer(height, 'height', 1, mostPixelsAlong), bytes: count(bytes, 'bytes') }
}

function part (value: unknown, textures: number): PartInfo {
  const given = record(value, 'part')
  const pieces = given['pieces'] === undefined ? undefined : list(given['pieces'], 'pieces', most.pieces).map(each => piece(record(each, 'piece')))
  if (pieces?.length === 0) throw wrong('pieces')
  return {
    name: string(given['name'], 'part name'),
    color: numbers(given['color'], 'color', 4) as PartInfo['color'],
    metallic: number(given['metallic'], 'metallic', 0, 1),
    roughness: number(given['roughness'], 'roughness', 0, 1),
    ...given['texture'] === undefined ? {} : { texture: integer(given['texture'], 'texture', 0, textures - 1) },
    ...given['vertexColors'] === true ? { vertexColors: true } : {},
    ...given['solid'] === true ? { solid: true } : {},
    ...pieces === undefined ? piece(given) : { min: triple(given['min'], 'min'), max: triple(given['max'], 'max'), levels: [], pieces }
  }
}

function piece (given: Record<string, unknown>): PieceInfo {
  const levels = list(given['levels'], 'levels', most.levels).map(level)
  if (levels.length === 0) throw wrong('levels')
  return { min: triple(given['min'], 'min'), max: triple(given['max'], 'max'), levels }
}

function level (value: unknown): LevelInfo {
  const given = record(value, 'level')
  return {
    triangles: integer(given['triangles'], 'triangles', 0, most.geometry),
    vertices: integer(given['vertices'], 'vertices', 0, most.geometry),
    error: number(given['error'], 'error', 0, Number.MAX_VALUE),
    bytes: count(given['bytes'], 'bytes')
  }
}

function instance (value: unknown, parts: number, nodes: number): InstanceInfo {
  const given = record(value, 'instance')
  return {
    part: integer(given['part'], 'part', 0, parts - 1),
    node: integer(given['node'], 'node', 0, nodes - 1),
    matrix: numbers(given['matrix'], 'matrix', 16)
  }
}

const wrong = (what: string): StreamError => new StreamError(`The stream server sent a message whose ${what} cannot be right.`)

function record (value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what)
  return value as Record<string, unknown>
}

function list (value: unknown, what: string, longest: number): unknown[] {
  if (!Array.isArray(value)) throw wrong(what)
  if (value.length > longest) throw new StreamError(`The model has too many ${what} for a browser: ${value.length}.`)
  return value
}

function string (value: unknown, what: string): string {
  if (typeof value !== 'string') throw wrong(what)
  return value
}

function number (value: unknown, what: string, least: number, largest: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= largest)) throw wrong(what)
  return value
}

function integer (value: unknown, what: string, least: number, largest: number): number {
  if (!Number.isSafeInteger(value)) throw wrong(what)
  return number(value, what, least, largest)
}

const count = (value: unknown, what: string): number => integer(value, what, 0, Number.MAX_SAFE_INTEGER)

function numbers (value: unknown, what: string, length: number): number[] {
  if (!Array.isArray(value) || value.length !== length || !value.every(each => Number.isFinite(each))) throw wrong(what)
  return value
}

const triple = (value: unknown, what: string): [number, number, number] => numbers(value, what, 3) as [number, number, number]

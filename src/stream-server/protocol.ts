/**
 * The wire between the viewer and the embedded stream server: one WebSocket, sub-protocol `slipway.stream.v1`.
 * Text frames are the JSON messages below; every binary frame is one complete GLB file, a part at one level of detail,
 * whose glTF `asset.extras` says `{ part, level }`; or, of a server that renders, the picture that the `frame` before it tells of. Shared by `src/stream-server` and `src/viewer`, and nothing else.
 */
export const subprotocol = 'slipway.stream.v1'

/** Largest message the server takes from a viewer, in bytes. */
export const maxClientMessageBytes = 16_384

/** Close codes the server uses beside the standard ones; the close reason is a sentence for people. */
export const closeCodes = {
  /** Not a viewer of this protocol (a HOOPS viewer offers no sub-protocol, or `binary`). */
  unsupportedViewer: 4400,
  badToken: 4401,
  unknownModel: 4404,
  /** The process serves one viewer and already has it. */
  occupied: 4409,
  /** The model is there but cannot be read. */
  badModel: 4422,
  internal: 1011
} as const

/** First message of a viewer, exactly once. */
export interface OpenMessage {
  type: 'open'
  /** Bare model name: no folder, no extension. Ignored when the server was started with `--model-file`. */
  model: string
  /** Must equal `--session-token` when the server was started with one. */
  token?: string
}

/** What the viewer sees now. The newest wins: older ones not yet acted upon are dropped. */
export interface CameraMessage {
  type: 'camera'
  /** Rises by at least one with every message; `idle` answers with it. */
  seq: number
  /** Column-major 4×4 clip-from-world matrix. */
  viewProjection: number[]
  /** Eye position in world units (metres). */
  position: [number, number, number]
  /** Focal length in device pixels: drawing height / (2 tan(fov / 2)). */
  focal: number
  /** Largest geometric error allowed on screen, in device pixels. */
  tolerance: number
  /** Size of the picture in device pixels, 1 to 4096; only a server that renders needs it. */
  width?: number
  height?: number
  /** Colour where nothing is: 0xrrggbb; white when not told. */
  background?: number
}

/** Credit: GLB bytes the viewer has taken in since the socket opened. The server never runs more than `creditBytes` ahead. */
export interface ReceivedMessage {
  type: 'received'
  bytes: number
}

/** To a server that renders: picture `frame` is on the screen. It never runs more than two pictures ahead. */
export interface ShownMessage {
  type: 'shown'
  frame: number
}

/** To a server that renders: whose pixel is it? Answered by `picked` with the same `id`. Places are shares of the picture's sides, 0 to 1, from the top left. */
export interface PickMessage {
  type: 'pick'
  id: number
  x: number
  y: number
}

/** To a server that renders: this instance shall stand out; -1 for none. */
export interface HighlightMessage {
  type: 'highlight'
  instance: number
}

export type ClientMessage = OpenMessage | CameraMessage | ReceivedMessage | ShownMessage | PickMessage | HighlightMessage

/** Longest side of a rendered picture, in pixels. */
export const mostPixelsAlong = 4096

/** Largest file of a rendered picture, in bytes. */
export const mostFrameBytes = 67_108_864

/** GLB bytes that may be under way, sent and not yet acknowledged by `received`. */
export const creditBytes = 262_144

/** The model is being prepared (first use); repeated while it takes. */
export interface PreparingMessage {
  type: 'preparing'
  percent: number
  /** What is being done, in words. */
  step: string
}

/** One level of detail of a part; level 0 is the coarsest. */
export interface LevelInfo {
  triangles: number
  /** Vertices in the GLB of this level. */
  vertices: number
  /** Largest distance from the original surface, in world units (metres) at scale 1. */
  error: number
  /** Size of the GLB in bytes. */
  bytes: number
}

export interface PartInfo {
  name: string
  /** Local bounds. */
  min: [number, number, number]
  max: [number, number, number]
  /** Linear RGB base colour with alpha, and the PBR factors. */
  color: [number, number, number, number]
  metallic: number
  roughness: number
  /** Coarsest first; the last is the original. */
  levels: LevelInfo[]
}

/** A placed part: `node` is an index into the scene's nodes. */
export interface InstanceInfo {
  part: number
  node: number
  /** Column-major 4×4 world matrix, rounded for the wire. */
  matrix: number[]
}

export interface SceneNode {
  name: string
  /** Index of the parent, -1 for a root. A parent always stands before its children. */
  parent: number
}

/** The whole assembly without geometry: sent once, before any GLB. */
export interface SceneMessage {
  type: 'scene'
  model: string
  /** World bounds in metres, Y up. */
  min: [number, number, number]
  max: [number, number, number]
  /** Where the zero of all coordinates here lies in the model's own, metres; absent: they are the same. A model far from its own zero is moved. */
  origin?: [number, number, number]
  nodes: SceneNode[]
  parts: PartInfo[]
  instances: InstanceInfo[]
  /** Triangles of all instances at full detail. */
  triangles: number
}

/** Nothing more to send for camera `seq`: the picture is complete. */
export interface IdleMessage {
  type: 'idle'
  seq: number
  /** GLB files and bytes sent since the socket opened. */
  chunks: number
  bytes: number
}

/** Sent just before the socket is closed with the code of `closeCodes` that fits. */
export interface ErrorMessage {
  type: 'error'
  code: keyof typeof closeCodes
  message: string
}

/** Of a server that renders: the next binary frame is this picture. It may be smaller than was asked for: it fills the same view. */
export interface FrameMessage {
  type: 'frame'
  /** Counts the pictures, from 1. */
  number: number
  /** The camera it was painted for. */
  seq: number
  width: number
  height: number
  format: 'jpeg' | 'png'
  /** Size of the file. */
  bytes: number
  triangles: number
  /** Nothing better comes for this camera: smooth edges, no loss. */
  complete: boolean
}

/** Answers `pick`; -1 when nothing is there. */
export interface PickedMessage {
  type: 'picked'
  id: number
  instance: number
}

export type ServerMessage = PreparingMessage | SceneMessage | IdleMessage | ErrorMessage | FrameMessage | PickedMessage

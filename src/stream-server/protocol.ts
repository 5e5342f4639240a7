/**
 * The wire between the viewer and the embedded stream server: one WebSocket, sub-protocol `slipway.stream.v2`.
 * Text frames are the JSON messages below; every binary frame is one complete GLB file, a part at one level of detail,
 * whose glTF `asset.extras` says `{ part, level }` (where parts come in pieces, `part` counts those: see `pieces.ts`); or, of a server that renders, the picture that the `frame` before it tells of. Shared by `src/stream-server` and `src/viewer`, and nothing else.
 */
export const subprotocol = 'slipway.stream.v2'

/** Largest message the server takes from a viewer, in bytes. */
export const maxClientMessageBytes = 16_384

/** Close codes the server uses beside the standard ones; the close reason is a sentence for people. */
export const closeCodes = {
  /** Not a viewer of this protocol (a HOOPS viewer offers no sub-protocol, or `binary`). */
  unsupportedViewer: 4400,
  badToken: 4401,
  unknownModel: 4404,
  /** There is no session to go on with: its time to come back is over. */
  noSession: 4410,
  /** The process serves one viewer and already has it. */
  occupied: 4409,
  /** The model is there but cannot be read. */
  badModel: 4422,
  internal: 1011
} as const

/** Close code of a viewer whose page goes away and may be back in a moment, as when it is loaded again. Any other ends the session. */
export const comingBack = 4001
/** For so long its seat is kept, seconds. Whoever closes a page for good says no more than that, so it is not long. */
export const reloadSeconds = 15

/** What is streamed of a model: what is seen, all of it in the end, or only what the viewer asks for. */
export const streamingModes = ['interactive', 'all', 'on-demand'] as const
export type StreamingMode = typeof streamingModes[number]

/** First message of a viewer, exactly once. */
export interface OpenMessage {
  type: 'open'
  /** Bare model name: no folder, no extension. Ignored when the server was started with `--model-file`. */
  model: string
  /** Must equal `--session-token` when the server was started with one. */
  token?: string
  /** `interactive` when left out; a server that renders shows what is seen in any case. */
  streamingMode?: StreamingMode
}

/** In the place of `open`, on a new socket after the last one was lost: goes on where that one stopped. */
export interface ResumeMessage {
  type: 'resume'
  /** As the last `session` told it. */
  key: string
  /** Whether the scene has come. */
  scene: boolean
  /** GLB bytes that have come in the whole session, on all sockets. */
  bytes: number
  /** The page was loaded again: what came is lost, budget and requests are forgotten, bytes count from 0. Cameras go on counting. */
  anew?: true
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

/** Instances as runs of their numbers: first, how many, first, how many, … */
export type Runs = number[]

/** Numbers in one list of runs, at most. */
export const mostRunNumbers = 1000

/** In mode `on-demand`: these instances are wanted from now on, or no longer. Nothing is wanted at first. */
export interface RequestMessage {
  type: 'request'
  runs: Runs
  on: boolean
}

/** The viewer will not hold more than this. Until it says so there is no limit; the newest wins. */
export interface BudgetMessage {
  type: 'budget'
  /** For the geometry and the textures of all parts held, as `HeldMemory` reckons it. */
  bytes: number
  /** Drawn in one picture: those of all instances in sight. */
  triangles: number
}

/** Credit: GLB bytes the viewer has taken in since the session began. The server never runs more than `creditBytes` ahead. */
export interface ReceivedMessage {
  type: 'received'
  bytes: number
}

/** To a server that renders: file `frame` is on the screen. It never runs more than two files ahead. */
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

/** These instances are selected or hidden from now on, or no longer. A server that streams geometry leaves out what is hidden, and does not ask what is selected. */
export interface MarkMessage {
  type: 'mark'
  what: 'selected' | 'hidden'
  runs: Runs
  on: boolean
}

/** How the model is shown, all of it at once. A server that streams geometry needs to know only how far it is taken apart. */
export interface StyleMessage {
  type: 'style'
  /** While something is selected everything else is only hinted at. */
  ghosts: boolean
  edges: boolean
  /** Each instance is moved by so many times its distance from the model's middle, 0 to 3. */
  explosion: number
  /** Seen is where ax + by + cz + d >= 0; null: everything. */
  section: [number, number, number, number] | null
}

/** Somebody is there and wants to stay, though nothing else was done. */
export interface StayMessage {
  type: 'stay'
}

export type ClientMessage = StayMessage | OpenMessage | ResumeMessage | CameraMessage | ReceivedMessage | RequestMessage | BudgetMessage | ShownMessage | PickMessage | MarkMessage | StyleMessage

/** Longest side of a rendered picture, in pixels. */
export const mostPixelsAlong = 4096

/** Largest file of a rendered picture, in bytes. */
export const mostFrameBytes = 67_108_864

/** GLB bytes that may be under way, sent and not yet acknowledged by `received`. */
export const creditBytes = 262_144

/**
 * The viewer is seated, or is back. A socket that is lost is no end: `key` continues the session on a new one within so many seconds, once: there the next key
 * is told. Until the viewer has said something after that, the one before is good too.
 */
export interface SessionMessage {
  type: 'session'
  key: string
  graceSeconds: number
}

/** Parts, counted as in the files, that the viewer gives up, to stay within its budget: nothing of them is shown until they come again. */
export interface DropMessage {
  type: 'drop'
  parts: number[]
}

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
  /** Number of the texture that lies on it; `color` is its factor. */
  texture?: number
  /** Its vertices have colours; `color` is their factor. */
  vertexColors?: true
  /** It encloses a volume: where it is cut open, the cut is filled. */
  solid?: true
  /** Its colour seen from afar, where `color` alone does not say it. */
  average?: [number, number, number, number]
  /** Coarsest first; the last is the original. Empty where there are pieces. */
  levels: LevelInfo[]
  /** A part that is too large to be streamed as a whole comes in these, each in its time; together they are the part. */
  pieces?: PieceInfo[]
}

/** Some triangles of a part. Where pieces meet, all their levels have the same vertices. */
export interface PieceInfo {
  /** Bounds in the part's coordinates. */
  min: [number, number, number]
  max: [number, number, number]
  levels: LevelInfo[]
}

/** A placed part: `node` is an index into the scene's nodes. */
export interface InstanceInfo {
  part: number
  node: number
  /** Column-major 4×4 world matrix, rounded for the wire. */
  matrix: number[]
}

/** An image that lies on parts. It comes once, with the first file of a part that has it: see `asset.extras.texture`. */
export interface TextureInfo {
  mimeType: 'image/png' | 'image/jpeg'
  width: number
  height: number
  bytes: number
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
  /** Absent: there are none. */
  textures?: TextureInfo[]
  /** Triangles of all instances at full detail. */
  triangles: number
}

/** Nothing more to send for camera `seq`: the picture is complete. */
export interface IdleMessage {
  type: 'idle'
  seq: number
  /** GLB files and bytes sent since the session began. */
  chunks: number
  bytes: number
  /** The budget had no room for all that the view asks for. */
  limited: boolean
}

/** Sent just before the socket is closed with the code of `closeCodes` that fits. */
export interface ErrorMessage {
  type: 'error'
  code: keyof typeof closeCodes
  message: string
}

/** Of a server that renders: the next binary frame is this picture, or a strip of it. It may be smaller than was asked for: it fills the same view. */
export interface FrameMessage {
  type: 'frame'
  /** Counts the files, from 1. */
  number: number
  /** The camera it was painted for. */
  seq: number
  /** Of the file, in pixels. */
  width: number
  height: number
  /** Its first row in the picture, and how many rows the picture has: `height` if it is whole. A strip lies over what was there before. */
  top: number
  whole: number
  format: 'jpeg' | 'png'
  /** Size of the file. */
  bytes: number
  triangles: number
  /** Nothing better comes for this camera: smooth edges, no loss, all strips sent. */
  complete: boolean
}

/** Answers `pick`; -1 when nothing is there. */
export interface PickedMessage {
  type: 'picked'
  id: number
  instance: number
  /** Where its surface was met, world coordinates; left out when nothing is there. */
  point?: [number, number, number]
}

/** A limit of time is about to end the session, in so many seconds; repeated while it comes near. `seconds` null: it is not, after all. What counts as use averts `idle_timeout`, nothing averts `max_lifetime`. */
export interface EndingMessage {
  type: 'ending'
  reason: 'idle_timeout' | 'max_lifetime'
  seconds: number | null
}

export type ServerMessage = EndingMessage | SessionMessage | DropMessage | PreparingMessage | SceneMessage | IdleMessage | ErrorMessage | FrameMessage | PickedMessage

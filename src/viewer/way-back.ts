/** Where a camera stands, and what it turns about: world coordinates. */
export interface Place {
  position: [number, number, number]
  target: [number, number, number]
}

/** What a page that is loaded again needs to go on with a session that it had. */
export interface WayBack {
  /** WebSocket URL of the session's stream server. */
  endpointUri: string
  /** What the stream server knows its viewer by; good once. */
  key: string
  /** For so long the stream server waits. */
  seconds: number
  /** Number of the newest camera that it was told. */
  seq: number
  /** Where the model was looked at from; undefined: the whole of it was in view. */
  place?: Place
}

/** Who makes a session move: one bounded set, used alike in the history, HTTP bodies and docs. */
export const actors = {
  caller: 'Whoever asked for the session, over REST or a WebSocket.',
  viewer: 'Whoever looks at it.',
  stream_server: 'The session’s own process, by what it reports or by its end.',
  limit: 'A time limit of the service.',
  operator: 'Somebody who may stop sessions.',
  service: 'Slipway itself.',
  system: 'The operating system, or somebody outside of Slipway.'
} as const satisfies Record<string, string>

export type Actor = keyof typeof actors

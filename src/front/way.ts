/** Where a viewer's WebSocket wants to go, by its path. */
export type Way =
  /** Any path of its own: a stream server is started for it. */
  | { to: 'new' }
  /** `/wsproxy/<port>`: the session on that port. */
  | { to: 'port', port: number, rest: string }
  /** `/s/<token>`: the session the token is for. */
  | { to: 'token', token: string, rest: string }
  /** Nowhere. */
  | { to: 'nowhere', why: string }

/** A path without the token in it: it opens a session, so it is not for the log. */
export const withoutToken = (path: string): string => path.replace(/(^|\/)s\/[^/?]+/, '$1s/…')

/**
 * Reads a path. `rest` is what the stream server shall see of it: what follows the port or the token.
 * `/wsproxy/<port>` is what proxies in front of the official server have always used.
 */
export function readWay (path: string): Way {
  const [, room, seat = '', rest = '/'] = /^\/(wsproxy|s)(?:\/([^/]*))?(\/.*)?$/.exec(path) ?? []
  if (/^\/api(\/|$)/.test(path)) return { to: 'nowhere', why: `There is no WebSocket at ${path}` }
  if (room === 's') return { to: 'token', token: seat, rest }
  if (room !== 'wsproxy') return { to: 'new' }
  return /^\d{1,5}$/.test(seat) ? { to: 'port', port: Number(seat), rest } : { to: 'nowhere', why: 'Expected /wsproxy/<port>' }
}

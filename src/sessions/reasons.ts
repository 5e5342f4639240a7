import type { Actor } from './actors.ts'

/**
 * Why a session ended: one bounded set, used alike in logs, metrics, HTTP bodies and docs. The first cause wins.
 * `end` is the terminal state the reason leads to once the process is gone, `by` whoever it comes from where nothing else is known.
 */
export const reasons = {
  client_closed: {
    end: 'stopped',
    by: 'viewer',
    see: 'The viewer left, or was lost and did not come back, or the caller hung up before the stream server was ready.',
    why: 'The page or tab was closed, the viewer was shut down, or its connection broke.',
    act: 'Nothing: this is how most sessions end.'
  },
  first_connect_timeout: {
    end: 'stopped',
    by: 'limit',
    see: 'A stream server was ready and nobody came.',
    why: 'The viewer could not reach the address it was given, or never tried.',
    act: 'Check that the port range is reachable from the browser, or use the one public port (`/wsproxy/<port>`). Raise `SLIPWAY_FIRST_CONNECT_TIMEOUT` for slow clients.'
  },
  ping_timeout: {
    end: 'failed',
    by: 'limit',
    see: 'A running stream server fell silent and was stopped.',
    why: 'It hangs, the machine is overloaded, or its reports cannot reach Slipway.',
    act: 'Read the session’s log; look at the load of the machine; raise `SLIPWAY_PING_TIMEOUT` if it is only slow.'
  },
  idle_timeout: {
    end: 'stopped',
    by: 'limit',
    see: 'The viewer was there but gave no input for a long time.',
    why: '`SLIPWAY_IDLE_TIMEOUT` is set, or its request asked for one.',
    act: 'Raise it, or set it to 0.'
  },
  max_lifetime: {
    end: 'stopped',
    by: 'limit',
    see: 'The session reached the longest life allowed.',
    why: '`SLIPWAY_MAX_LIFETIME` is set, or its request asked for one.',
    act: 'Raise it, or set it to 0.'
  },
  start_timeout: {
    end: 'failed',
    by: 'limit',
    see: 'The stream server was started but did not say it was ready in time.',
    why: 'It is slow to start, or its reports cannot reach Slipway.',
    act: 'Read the session’s log; raise `SLIPWAY_START_TIMEOUT`.'
  },
  queue_timeout: {
    end: 'failed',
    by: 'limit',
    see: 'The request waited for a port and none came free in time.',
    why: 'All ports are in use, resting, or held by other programs.',
    act: 'See `slipway_ports` in the metrics; free or move the range.'
  },
  exited: {
    end: 'stopped',
    by: 'stream_server',
    see: 'The stream server left by itself with exit code 0 and did not say why.',
    why: 'Usually nobody connected within `--initial-use-duration`.',
    act: 'If it happens before it was ready, read the session’s log.'
  },
  crashed: {
    end: 'failed',
    by: 'stream_server',
    see: 'The stream server ended with an exit code other than 0.',
    why: 'See the exit code and the last lines of its output.',
    act: 'Read the session’s log; exit codes are listed in the child contract.'
  },
  killed_by_signal: {
    end: 'failed',
    by: 'system',
    see: 'A signal that Slipway did not send ended the stream server.',
    why: 'The system ran out of memory, somebody killed it, or it crashed in native code.',
    act: 'Look for the out-of-memory killer in the system log, then at the session’s log.'
  },
  port_conflict: {
    end: 'failed',
    by: 'system',
    see: 'Every port tried was taken by somebody else.',
    why: 'Other programs listen inside the range.',
    act: 'Move `SLIPWAY_WS_PORTS_BEGIN`, or stop the other programs.'
  },
  licence: {
    end: 'failed',
    by: 'stream_server',
    see: 'The stream server refused its licence.',
    why: 'Exit code 6 or 7: the licence, or its file, is not valid.',
    act: 'Check `SLIPWAY_LICENSE_FILE`.'
  },
  recycled: {
    end: 'stopped',
    by: 'service',
    see: 'A stream server that was started ahead was stopped, and nobody had used it.',
    why: 'It had waited for `SLIPWAY_STARTED_AHEAD_LIFETIME`, or a request needed its seat or its port.',
    act: 'Nothing: another is started when there is room.'
  },
  unfit: {
    end: 'failed',
    by: 'service',
    see: 'A stream server that was started ahead was stopped instead of being handed out. The log says what was wrong with it.',
    why: 'Its process was stopped or replaced, its port was somebody else’s, it had not reported for long, or somebody connected to it who was not sent.',
    act: 'Nothing for the request: it got another one. If it happens often, read the session’s log.'
  },
  model_isolated: {
    end: 'failed',
    by: 'service',
    see: 'A session was stopped when its viewer named a model that is isolated.',
    why: 'The model crashed its stream server `SLIPWAY_CRASH_LIMIT` times within `SLIPWAY_CRASH_WINDOW`.',
    act: 'Look at `GET /api/crashes`; it may be tried again after `SLIPWAY_CRASH_PAUSE`, or when it is let in by `DELETE /api/isolations/<model>`.'
  },
  admin: {
    end: 'stopped',
    by: 'operator',
    see: 'Somebody stopped the session.',
    why: '`DELETE /api/spawns/<id>`, or the Stop button of the page.',
    act: 'Nothing.'
  },
  drain: {
    end: 'stopped',
    by: 'service',
    see: 'The session was stopped because Slipway was shutting down.',
    why: 'SIGTERM or SIGINT.',
    act: 'Raise `SLIPWAY_DRAIN_TIMEOUT` to let sessions finish.'
  },
  refused: {
    end: 'failed',
    by: 'system',
    see: 'The system would not start the stream server.',
    why: 'The executable is missing, may not be run, or is not a program for this machine.',
    act: 'The message says which; check `SLIPWAY_STREAM_SERVER`.'
  },
  unreachable: {
    end: 'failed',
    by: 'service',
    see: 'The stream server said it was ready but took no connection.',
    why: 'It listens on another address or port than it was told, or hangs.',
    act: 'Read the session’s log; check that it listens on `--sc-port` on this machine.'
  },
  not_kept: {
    end: 'failed',
    by: 'service',
    see: 'The service was started again and did not take the session over.',
    why: 'It was still being started, or its process was gone or could not be proven to be the same. The log says which.',
    act: 'Nothing: its viewer asks for another one. If it happens to sessions that ran, look at the upgrade procedure.'
  },
  owner_lost: {
    end: 'failed',
    by: 'system',
    see: 'The process that starts stream servers died, and its children were ended with it.',
    why: 'It was killed from outside.',
    act: 'Nothing for now: another was started at once. Look for the out-of-memory killer.'
  }
} as const satisfies Record<string, { end: 'stopped' | 'failed', by: Actor, see: string, why: string, act: string }>

export type Reason = keyof typeof reasons

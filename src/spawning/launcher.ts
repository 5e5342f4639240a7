import type { EventEmitter } from 'node:events'

/** Everything the launcher needs to start one stream server. It sees a program, never a session. */
export interface StartOrder {
  /** The session's id; unique among the children alive. */
  id: string
  /** Path of the program, absolute, or a name to be found on the child's `PATH`. */
  executable: string
  args: string[]
  /** The child's whole environment: nothing is inherited. */
  env: Record<string, string>
  /** Absolute path of the file that takes the child's stdout and stderr; its folder exists. `null`: output is only drained. */
  logFile: string | null
  /** Most bytes written to `logFile`; what comes after is drained and counted, not written. */
  logBytes: number
  /** What is taken out of the child's output before it is kept anywhere; absent: nothing. */
  secrets?: readonly string[]
  /** What of the child's output is told by `output` while it runs; absent: nothing. It is kept in any case. */
  tellOutput?: { stdout: boolean, stderr: boolean }
}

/** How a start went. A failure is an expected outcome and therefore a value. */
export type StartResult =
  | { status: 'started', pid: number }
  | { status: 'failed', code: string, message: string }

/** One child's end, told exactly once per started child. */
export interface ChildExit {
  id: string
  pid: number
  /** Exit code, or `null` when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  /** Last lines of stdout and stderr together, at most 4 KiB. */
  outputTail: string
}

/** A process as it can be recognised again: pids are reused, a pid and its start time together are not. */
export interface ProcessIdentity {
  pid: number
  /** Field 22 of `/proc/<pid>/stat`: clock ticks since boot. `null` on systems without `/proc`. */
  startTime: string | null
}

/** A child of a launcher that outlived its service. */
export interface KeptChild extends ProcessIdentity {
  id: string
  /** It has ended since, and nobody has heard of it. */
  ended: boolean
}

/** Some of what a child said, in whole lines. A child that says more than anybody reads is told in part. */
export interface ChildOutput {
  id: string
  stream: 'stdout' | 'stderr'
  /** From 1 to 25, each of at most 1000 bytes of UTF-8 and, where it was cut, an ellipsis. */
  lines: string[]
  /** Lines after these that are not told. */
  leftOut: number
}

export type LauncherEvents = {
  /** A child said something, whose order asked to be told. Always after its start was answered and before `exited`. */
  output: [ChildOutput]
  /** A child has ended and its process group was swept. */
  exited: [ChildExit]
  /** The launcher process itself died; every child alive is reported by `exited` (signal SIGKILL) before another is started. */
  lost: [{ children: number, cause: string }]
  /** A new launcher process has taken over. */
  restarted: []
}

/**
 * The one that starts, signals and reaps children. It lives in another process so that a start, which forks, never stops the
 * event loop that carries viewers (`docs/architecture.md`).
 */
export interface Launcher extends EventEmitter<LauncherEvents> {
  /** Gets ready ahead of the first order. @throws Error when the launcher process cannot be started. */
  open(): Promise<void>
  /** Starts a child. Resolves as soon as the program runs or could not be run; never rejects. */
  start(order: StartOrder): Promise<StartResult>
  /** Signals the child's whole process group. A child that is gone, or unknown, is nothing. */
  signal(id: string, signal: 'SIGTERM' | 'SIGKILL'): void
  /** Ends the launcher process; children still alive are killed first. Resolves when it is gone; calling twice is nothing. */
  close(): Promise<void>
}

/** A launcher that may outlive the service, with its children. */
export interface KeptLauncher extends Launcher {
  /** The children that it brought along from the service before, as `open` found them. */
  readonly kept: readonly KeptChild[]
  /** Whoever looks after the kept children is there: their ends are told from now on, those that nobody heard first. */
  resume(): void
  /** Parts from the launcher and ends nothing; a `close` that follows is nothing. What happens to the children from now on is for the next service to hear. */
  leave(): Promise<void>
}

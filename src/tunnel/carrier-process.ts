import { spawn, type ChildProcess, type SendHandle } from 'node:child_process'

/** How a carrier ended: words behind "it", and the system's code where it could not be started. */
export interface CarrierEnd { words: string, code?: string | undefined }

/** One running carrier. */
export interface CarrierProcess {
  /** It is gone and all it had to say was heard. Never rejects. */
  readonly ended: Promise<CarrierEnd>
  /** Says words, with the socket that goes with them; after the end it is nothing. The socket's handle stays open here. */
  say (words: string, handle?: object): void
  /** Lets it end by itself: it has nobody to carry for any more. */
  dismiss (): void
  kill (): void
}

/** Starts a carrier in a session of its own, so that Ctrl-C on the service does not reach it; its stderr is the service's. */
export function startCarrier (program: string, told: (report: unknown) => void): CarrierProcess {
  let carrier: ChildProcess
  try {
    carrier = spawn(program, { detached: true, env: {}, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  } catch (error) {
    return { ended: Promise.resolve({ words: `cannot be started: ${String(error)}` }), say () {}, dismiss () {}, kill () {} }
  }
  carrier.on('message', told)
  const failed = new Promise<CarrierEnd>(resolve => {
    carrier.on('error', ({ code, message }: NodeJS.ErrnoException) => { if (carrier.pid === undefined) resolve({ words: `cannot be started: ${message}`, code }) })
  })
  const exited = new Promise<CarrierEnd>(resolve => {
    carrier.once('exit', (code, signal) => { resolve({ words: signal === null ? `exited with code ${code}` : `was ended by ${signal}` }) })
  })
  // Behind the last of its messages. Node does not tell the first where it died with a socket on its way, and not the second where it was dismissed.
  const silent = new Promise<void>(resolve => { carrier.once('disconnect', resolve).once('close', () => { resolve() }) })
  return {
    ended: Promise.race([failed, Promise.all([exited, silent]).then(([end]) => end)]),
    // What cannot be sent was told by the end, or will be. A handle as it is: Node would close a socket that it sends, and have its server keep count of it.
    say: (words, handle) => { if (carrier.connected) carrier.send(words, handle as SendHandle | undefined, {}, () => {}) },
    dismiss: () => { if (carrier.connected) carrier.disconnect() },
    kill: () => { carrier.kill('SIGKILL') }
  }
}

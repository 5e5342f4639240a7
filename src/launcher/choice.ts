import { execFile } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LauncherCommand } from './channel.ts'
import { PROTOCOL_VERSION } from './protocol.ts'

/** Milliseconds that a native launcher may take to say which protocol it speaks. */
const PROBE_MILLISECONDS = 5000

/** The launcher in JavaScript beside this file: `main.js` in the build, `main.ts` where Node runs the sources themselves. */
const javascript: LauncherCommand = [process.execPath, fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url))]

/** Which launcher is to run. */
export interface LauncherChoice {
  kind: 'javascript' | 'native'
  command: LauncherCommand
  /** Why the native launcher was wanted and cannot be had, or is there and cannot be used; `null`: all is well. */
  problem: string | null
}

/**
 * The launcher that was wanted, or the one in JavaScript with the problem. `auto` wants the native one where it is.
 *
 * @param binary absolute path of the native launcher, which may not be there.
 */
export async function chooseLauncher (wanted: 'auto' | 'javascript' | 'native', binary: string): Promise<LauncherChoice> {
  if (wanted === 'javascript') return { kind: 'javascript', command: javascript, problem: null }
  const probe = await askProtocol(binary)
  if (probe === PROTOCOL_VERSION) return { kind: 'native', command: [binary], problem: null }
  if (probe === 'absent' && wanted === 'auto') return { kind: 'javascript', command: javascript, problem: null }
  const cause = typeof probe === 'number' ? `${binary} is of another version` : probe === 'absent' ? `there is no ${binary}` : `${binary} cannot be run (${probe})`
  return { kind: 'javascript', command: javascript, problem: `the native launcher cannot be used: ${cause}; run npm run build:native` }
}

/** The version it speaks, `absent`, or why it does not say so. */
async function askProtocol (binary: string): Promise<number | string> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--protocol'], { env: {}, timeout: PROBE_MILLISECONDS, killSignal: 'SIGKILL', maxBuffer: 1024 })
    return /^\d+\n$/.test(stdout) ? Number(stdout) : 'it does not say which protocol it speaks'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'absent' : String(code ?? message)
  }
}

import { dirname } from 'node:path'
import type { Renderer } from '../sessions/session.ts'

/** The program that is started for every viewer. */
export interface StreamServerProgram {
  kind: 'embedded' | 'ts3d_sc_server'
  executable: string
  /** Arguments before those of the contract (the script, for a program run by an interpreter). */
  leading: string[]
  /** Renderers the program has. */
  renderers: readonly Renderer[]
}

/** What is the same for every session's command line. Paths are absolute. */
export interface CommonArguments {
  modelDirs: readonly string[]
  workspaceDir: string
  licenseFile: string | null
  /** The licence's text, where there is no file. A secret. */
  license?: string | null
  /** Seconds. */
  pingInterval: number
  /** Seconds. */
  firstConnectTimeout: number
}

/** What differs from session to session. */
export interface SessionArguments {
  id: string
  port: number
  renderer: Renderer
  /** Searched before the common folders. */
  modelSearchDirectories: readonly string[]
  model: string | null
  sessionToken: string | null
  /** Base address of the reports, with a trailing slash. */
  livelinessEndpoint: string
}

/** The command line of one stream server, in the order the official server uses. The licence comes last. */
export function commandLine (program: StreamServerProgram, common: CommonArguments, session: SessionArguments): string[] {
  const optional = (flag: string, value: string | null) => value === null ? [] : [flag, value]
  return [
    ...program.leading,
    '--id', session.id,
    '--sc-port', String(session.port),
    '--liveliness-endpoint', session.livelinessEndpoint,
    '--liveliness-update-frequency', String(common.pingInterval),
    '--model-search-directories', [...session.modelSearchDirectories, ...common.modelDirs].join(';'),
    '--initial-use-duration', String(common.firstConnectTimeout),
    '--workspace-dir', common.workspaceDir,
    ...optional('--session-token', session.sessionToken),
    ...optional('--model-file', session.model),
    session.renderer === 'ssr' ? '--ssr' : '--csr', 'true',
    ...optional('--license-file', common.licenseFile),
    ...optional('--license', common.license ?? null)
  ]
}

/** The whole environment of a stream server: where it finds its libraries, and the display for server-side rendering. */
export function childEnvironment (program: StreamServerProgram, renderer: Renderer): Record<string, string> {
  const libraries = dirname(program.executable)
  if (program.kind === 'embedded') return {}
  return {
    LD_LIBRARY_PATH: libraries,
    DYLD_LIBRARY_PATH: libraries,
    ...renderer === 'ssr' ? { DISPLAY: ':0' } : {}
  }
}

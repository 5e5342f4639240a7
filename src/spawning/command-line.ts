import { dirname } from 'node:path'
import type { Renderer } from '../sessions/session.ts'

/** The program that is started for every viewer, and all that the service needs to know of it. */
export interface StreamServerProgram {
  /** What is told to whoever asks for a viewer: the viewer has to be of the same make. */
  kind: 'embedded' | 'ts3d_sc_server'
  /** For people. */
  name: string
  executable: string
  /** Which options it has besides those that both have. */
  options: 'official' | 'own'
  /** It keeps its seat for its viewer by itself when that is gone, and turns away everybody else. */
  keepsSeat: boolean
  /** Folders with the models that it comes with. */
  samples: readonly string[]
  /** Arguments before those of the contract (the script, for a program run by an interpreter). */
  leading: string[]
  /** Renderers the program has. */
  renderers: readonly Renderer[]
  /** What it serves its viewers wss with, absolute paths; absent: it speaks plain ws. */
  tls?: { certificateFile: string, keyFile: string }
  /** Variables that it is given in the place of the official ones. */
  environment?: Record<string, string>
}

/** What is the same for every session's command line. Paths are absolute. */
export interface CommonArguments {
  modelDirs: readonly string[]
  workspaceDir: string
  /** Most bytes of the models that an embedded one has prepared; absent: it is not told. */
  modelCacheBytes?: number
  licenseFile: string | null
  /** The licence's text, where there is no file. A secret. */
  license?: string | null
  /** Seconds. */
  pingInterval: number
  /** Seconds. */
  firstConnectTimeout: number
  /** Seconds for which an embedded one goes on although nobody takes its reports; absent: it is not told. */
  unheardDuration?: number
  /** What the stream server is to log by itself; absent: it is not told. */
  logging?: LoggingArguments
  /** Whether it renders with EGL, without a display. */
  egl?: boolean
  /** Windows services: it starts itself again in the session of the user, and logs under this suffix. */
  respawn?: { logSuffix: string } | null
  /** More arguments, as they are. */
  extra?: Readonly<Record<Renderer, readonly string[]>>
}

/** Bit masks: 1 errors, 2 warnings, 4 information, 8 debugging; 0 is nothing. */
export interface LoggingArguments {
  fileMask: number
  outputMask: number
  /** Lines of the file carry the seconds since the start. */
  delta: boolean
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
  /** Log file the stream server writes itself, absolute; absent or null: none. */
  ownLogFile?: string | null
  /** Seconds it may wait before anybody asks for it, where it is started ahead; absent: somebody has asked. */
  aheadLifetime?: number | undefined
  /** Seconds it waits for its viewer, where its request asked for a time of its own. */
  firstConnectTimeout?: number | undefined
  /** GPU it renders on, counted from 0; absent or null: the default one. */
  gpu?: number | null
}

const debugging = 8

/** The command line of one stream server, in the order the official server uses. The licence comes last. */
export function commandLine (program: StreamServerProgram, common: CommonArguments, session: SessionArguments): string[] {
  const optional = (flag: string, value: string | null) => value === null ? [] : [flag, value]
  const real = program.options === 'official'
  return [
    ...program.leading,
    '--id', session.id,
    '--sc-port', String(session.port),
    '--liveliness-endpoint', session.livelinessEndpoint,
    '--liveliness-update-frequency', String(common.pingInterval),
    '--model-search-directories', [...session.modelSearchDirectories, ...common.modelDirs].join(';'),
    ...real ? [...respawnArguments(common), ...loggingArguments(common, session)] : [],
    '--initial-use-duration', String((session.firstConnectTimeout ?? common.firstConnectTimeout) + (session.aheadLifetime ?? 0)),
    '--workspace-dir', common.workspaceDir,
    ...real || common.unheardDuration === undefined ? [] : ['--unheard-duration', String(common.unheardDuration)],
    ...real || common.modelCacheBytes === undefined ? [] : ['--model-cache-bytes', String(common.modelCacheBytes)],
    ...session.sessionToken?.startsWith('-') === true ? [`--session-token=${session.sessionToken}`] : optional('--session-token', session.sessionToken),
    ...optional('--model-file', session.model),
    session.renderer === 'ssr' ? '--ssr' : '--csr', 'true',
    ...session.renderer === 'ssr' ? optional('--ssr-gpu-index', session.gpu?.toString() ?? null) : [],
    ...real && session.renderer === 'ssr' ? optional('--ssr-egl', common.egl === true ? 'true' : null) : [],
    ...optional('--ssl-certificate-file', program.tls?.certificateFile ?? null),
    ...optional('--ssl-private-key-file', program.tls?.keyFile ?? null),
    ...common.extra?.[session.renderer] ?? [],
    ...optional('--license-file', common.licenseFile),
    ...optional('--license', common.license ?? null)
  ]
}

function respawnArguments ({ respawn }: CommonArguments): string[] {
  return respawn ? ['--service-respawn', 'true', '--service-respawn-log-suffix', respawn.logSuffix] : []
}

function loggingArguments ({ logging }: CommonArguments, { ownLogFile }: SessionArguments): string[] {
  if (logging === undefined) return []
  const { fileMask, outputMask, delta } = logging
  return [
    ...(fileMask | outputMask) & debugging ? ['--sc-verbose-logging', 'true'] : [],
    ...ownLogFile && fileMask > 0 ? ['--log-file', ownLogFile, ...delta ? ['--log-style-delta', 'true'] : [], '--log-file-category-mask', String(fileMask)] : [],
    ...outputMask > 0 ? ['--log-stdout-category-mask', String(outputMask)] : []
  ]
}

/** What a stream server's environment is made of besides its program. */
export interface GivenEnvironment {
  /** The X display of the service. */
  display: string | undefined
  egl: boolean
  /** Variables the operator hands on; they win. */
  handedOn: Readonly<Record<string, string>>
}

/** The whole environment of a stream server: where it finds its libraries, the display unless EGL is used, and what is handed on. */
export function childEnvironment (program: StreamServerProgram, { display, egl, handedOn }: GivenEnvironment): Record<string, string> {
  const libraries = dirname(program.executable)
  if (program.environment !== undefined) return { ...program.environment, ...handedOn }
  return {
    LD_LIBRARY_PATH: libraries,
    DYLD_LIBRARY_PATH: libraries,
    ...egl ? {} : { DISPLAY: display ?? ':0' },
    ...handedOn
  }
}

import { anyText, folders, oneOf, orNull, orOff, pattern, seconds, text, truth, wholeNumber, type Kind } from './kinds.ts'
import type { Place } from './place.ts'

/** Slipway's settings as an environment would hold them. */
export type Settings = Record<string, string>

/** What a key's translation may look at besides its own value. */
export interface Surroundings {
  /** Every key with its value or its default. */
  config: Readonly<Record<string, unknown>>
  place: Place
  /** A path of the file made absolute: from the home folder or from `communicatorDir`. */
  path: (given: string) => string
  /** The folders that are there, absolute, each once; the others are warned of. */
  present: (given: readonly string[]) => string[]
}

/** What becomes of a key: settings of ours, or a warning where its value asks for something that is not there yet. */
export type Becomes =
  | { as: 'settings', settings: (value: unknown, surroundings: Surroundings) => Settings }
  | { as: 'nothing yet', instead: string, asks: (value: unknown, config: Readonly<Record<string, unknown>>) => boolean }

/** One key of the official configuration. */
export interface OfficialKey {
  name: string
  kind: Kind<unknown>
  /** A required key that is missing is an error; any other has a default and is warned of. */
  required: boolean
  fallback: unknown
  becomes: Becomes
  /** Its value is shown to nobody. */
  secret: boolean
}

const enums = {
  ipVersion: { Auto: 'auto', ForceIPv4: 'forceIPv4' },
  timeFormat: { ISO: 'iso', Local: 'local', Delta: 'delta' },
  level: { Error: 'error', Warn: 'warn', Info: 'info', Verbose: 'verbose', Debug: 'debug' }
} as const
const ipVersion = oneOf('IPVersion', enums.ipVersion)
const timeFormat = orNull(oneOf('LogTimeFormat', enums.timeFormat))
const level = orNull(oneOf('LogLevel', enums.level))
const maybeText = orNull(anyText)
const maybeTrue = orNull(truth)
const port = wholeNumber(1, 65_535)
const mask = wholeNumber(0, 255)

/** Ours for the official levels: what they call verbose and debug is debug and trace here. */
const levels = { error: 'error', warn: 'warn', info: 'info', verbose: 'debug', debug: 'trace' } as const
const executables: Partial<Record<NodeJS.Platform, string>> = { win32: 'server/bin/win64/ts3d_sc_server.exe', darwin: 'server/bin/macos/ts3d_sc_server' }

const becomes = <T>(settings: (value: T, surroundings: Surroundings) => Settings): Becomes => ({ as: 'settings', settings: settings as (value: unknown, surroundings: Surroundings) => Settings })
const given = (name: string, value: string | number | boolean | null): Settings => value === null || value === '' ? {} : { [name]: String(value) }
const listed = (name: string, values: readonly string[]) => given(name, values.join(';'))

type Asks = Extract<Becomes, { as: 'nothing yet' }>['asks']
const notYet = (instead: string, asks: Asks): Becomes => ({ as: 'nothing yet', instead, asks })
const set: Asks = value => value !== null && value !== false && value !== 0 && value !== ''
const byWeight: readonly unknown[] = Object.values(enums.level)
/** A level that would be in the log on the console or in the file. */
const seen: Asks = (value, config) => ['logConsoleLevelCutoff', 'logFileLevelCutoff'].some(cutoff => value !== null && byWeight.indexOf(value) <= byWeight.indexOf(config[cutoff]))
/** Matters only where the file server is on. */
const withFileServer = (asks: Asks): Asks => (value, config) => set(config['fileServerPort'], config) && asks(value, config)

const required = <T>(name: string, kind: Kind<T>, becomes: Becomes): OfficialKey => ({ name, kind, required: true, fallback: undefined, becomes, secret: false })
const optional = <T>(name: string, kind: Kind<T>, fallback: T, becomes: Becomes): OfficialKey => ({ name, kind, required: false, fallback, becomes, secret: false })

/** Seconds without a report after which the official server kills, for a report interval in seconds. */
const silence = (interval: number) => Number((3 * interval + 2).toFixed(3))

const renderers = becomes((_value, { config }) => given('SLIPWAY_RENDERERS', ['csr', 'ssr'].filter(renderer => config[`${renderer}Enabled`] === true).join(',')))

/** Every key of the official configuration, in its order. To support another one, give it settings in the last column. */
export const keys: readonly OfficialKey[] = [
  required('spawnServerPort', port, becomes<number>(port => given('SLIPWAY_PORT', port))),
  optional('publicHostname', maybeText, null, becomes<string | null>(host => given('SLIPWAY_PUBLIC_HOST', host))),
  required('ipVersion', ipVersion, becomes((version, { place }) => given('SLIPWAY_HOST', version === enums.ipVersion.Auto && place.ipv6 ? '::' : '0.0.0.0'))),
  optional('spawnServerAccessControlAllowOriginHeader', text, '*', becomes<string>(origin => given('SLIPWAY_CORS_ORIGIN', origin))),
  optional('fileServerAccessControlAllowOriginHeader', text, '*', becomes<string>((origin, { config }) => set(config['fileServerPort'], config) ? given('SLIPWAY_FILE_SERVER_CORS_ORIGIN', origin) : {})),

  optional('sslCertificateFile', maybeText, null, becomes<string | null>((file, { path }) => given('SLIPWAY_TLS_CERTIFICATE_FILE', file ? path(file) : null))),
  optional('sslPrivateKeyFile', maybeText, null, becomes<string | null>((file, { path }) => given('SLIPWAY_TLS_KEY_FILE', file ? path(file) : null))),
  optional('sslCertificateAuthorityPath', maybeText, null, notYet("ts3d_sc_server's flag for it is not known here; it verifies with the system's authorities", set)),
  optional('sslEnableFileServer', maybeTrue, false, becomes<boolean | null>(on => given('SLIPWAY_TLS_FILE_SERVER', on || null))),
  optional('sslEnableSpawnServer', maybeTrue, false, becomes<boolean | null>(on => given('SLIPWAY_TLS_SERVER', on || null))),
  optional('sslEnableScServer', maybeTrue, false, becomes<boolean | null>(on => given('SLIPWAY_TLS_STREAM_SERVERS', on || null))),
  optional('sslDisableRevocationTest', maybeTrue, false, notYet("ts3d_sc_server's flag for it is not known here; it is for Windows", set)),

  required('spawnMaxSpawnCount', wholeNumber(1, 10_000), becomes<number>(count => given('SLIPWAY_MAX_SESSIONS', count))),
  required('spawnWebsocketPortsBegin', wholeNumber(1_024, 65_535), becomes<number>(begin => given('SLIPWAY_WS_PORTS_BEGIN', begin))),
  required('spawnLivelinessReportIntervalTime', seconds(0.1, 86_400), becomes<number>(interval => ({
    SLIPWAY_PING_INTERVAL: String(interval),
    SLIPWAY_PING_TIMEOUT: String(silence(interval)),
    SLIPWAY_START_TIMEOUT: String(silence(interval)),
    SLIPWAY_KILL_STEP: '5'
  }))),
  // Off means that the stream server is not told, and then it waits for a minute.
  required('spawnInitialUseDuration', orOff(seconds(1, 604_800)), becomes<number | null>(duration => given('SLIPWAY_FIRST_CONNECT_TIMEOUT', duration || 60))),

  required('csrEnabled', truth, renderers),
  required('ssrEnabled', truth, renderers),
  optional('ssrGpuCount', orOff(wholeNumber(1, 1_024)), null, becomes<number | null>(count => given('SLIPWAY_SSR_GPU_COUNT', count || null))),
  optional('ssrUseEgl', maybeTrue, false, becomes<boolean | null>((egl, { config }) => egl === true && config['ssrEnabled'] === true ? given('SLIPWAY_SSR_EGL', true) : {})),
  optional('restFileserver', maybeText, null, notYet('give stream servers their flag for it with SLIPWAY_CSR_ARGS and SLIPWAY_SSR_ARGS; until then models are read from the disk', set)),
  optional('autoGcIntervalTime', orOff(seconds(0.001, 604_800)), 30, notYet('memory is collected when it is needed', set)),
  optional('disableConsoleEnterToShutdown', maybeTrue, null, becomes<boolean | null>(disabled => given('SLIPWAY_ENTER_STOPS', disabled !== true))),

  required('communicatorDir', text, becomes(() => ({}))),
  optional('streamCacheExeFile', maybeText, null, becomes<string | null>((file, { path, place }) => given('SLIPWAY_STREAM_SERVER', path(file || (executables[place.platform] ?? 'server/bin/linux64/ts3d_sc_server'))))),
  required('modelDirs', folders, becomes<string[]>((dirs, { present }) => listed('SLIPWAY_MODEL_DIRS', present(dirs)))),
  required('workspaceDir', text, becomes<string>((dir, { path }) => given('SLIPWAY_WORKSPACE_DIR', path(dir)))),

  optional('logDir', maybeText, '~/ts3d_communicator_logs', becomes<string | null>((dir, { path }) => given('SLIPWAY_LOG_DIR', dir ? path(dir) : 'none'))),
  optional('logSpawnFileCategoryMask', mask, 7, becomes<number>(mask => given('SLIPWAY_STREAM_SERVER_LOG_FILE_MASK', mask || null))),
  optional('logSpawnStdoutCategoryMask', mask, 0, becomes<number>(mask => given('SLIPWAY_STREAM_SERVER_LOG_OUTPUT_MASK', mask || null))),
  optional('logSpawnUseDeltaTime', maybeTrue, false, becomes<boolean | null>(delta => given('SLIPWAY_STREAM_SERVER_LOG_DELTA', delta || null))),
  optional('logFileTimeFormat', timeFormat, enums.timeFormat.ISO, becomes<string | null>(format => given('SLIPWAY_LOG_FILE_TIME', format))),
  optional('logConsoleTimeFormat', timeFormat, enums.timeFormat.Local, becomes<string | null>(format => given('SLIPWAY_LOG_TIME', format))),
  optional('logStdoutAsLevel', level, enums.level.Debug, notYet("what stream servers say goes to each one's own file", seen)),
  optional('logStderrAsLevel', level, enums.level.Debug, notYet("what stream servers say goes to each one's own file", seen)),
  optional('logConsoleLevelCutoff', level, enums.level.Warn, becomes<keyof typeof levels | null>(level => given('SLIPWAY_LOG_LEVEL', level === null ? 'silent' : levels[level]))),
  optional('logFileLevelCutoff', level, enums.level.Verbose, becomes<keyof typeof levels | null>((level, { config }) => given('SLIPWAY_LOG_FILE_LEVEL', level === null || config['logFileTimeFormat'] === null ? 'none' : levels[level]))),
  optional('logRestFilterRegex', orNull(pattern), /POST.*liveliness=ping/, becomes<RegExp | null>(filter => given('SLIPWAY_LOG_REQUEST_FILTER', filter && String(filter)))),
  optional('logRestHttpRequestsAsLevel', level, enums.level.Verbose, becomes<keyof typeof levels | null>(level => given('SLIPWAY_LOG_REQUEST_LEVEL', level === null ? 'silent' : levels[level]))),
  optional('logFileHttpRequestsAsLevel', level, enums.level.Debug, notYet('requests for files are logged as those of the spawn server', withFileServer(set))),

  optional('fileServerPort', orOff(port), 11_180, becomes<number | null>(port => given('SLIPWAY_FILE_SERVER_PORT', port || null))),
  optional('fileServerStaticDirs', folders, [], becomes<string[]>((dirs, { config, present }) => set(config['fileServerPort'], config) ? listed('SLIPWAY_STATIC_DIRS', present(dirs)) : {})),
  optional('fileServerProxyViewerConnections', maybeTrue, true, becomes<boolean | null>((proxy, { config }) => set(config['fileServerPort'], config) ? given('SLIPWAY_FILE_SERVER_PROXY', proxy === true) : {})),

  optional('windowsServiceRespawnEnabled', maybeTrue, false, becomes<boolean | null>(respawn => given('SLIPWAY_SERVICE_RESPAWN', respawn || null))),
  optional('windowsServiceRespawnLogSuffix', maybeText, null, becomes<string | null>(suffix => given('SLIPWAY_SERVICE_RESPAWN_LOG_SUFFIX', suffix))),

  optional('licenseFile', maybeText, null, becomes<string | null>((file, { path }) => given('SLIPWAY_LICENSE_FILE', file ? path(file) : null))),
  { ...optional('license', maybeText, null, becomes<string | null>(license => given('SLIPWAY_LICENSE', license))), secret: true }
]

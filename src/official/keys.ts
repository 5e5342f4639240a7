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

/** What becomes of a key. */
export interface Becomes {
  settings: (value: unknown, surroundings: Surroundings) => Settings
  /**
   * The value that `ts3d_sc_server` needs behind a flag whose name is not known here, so that only the user can give it, among the
   * arguments of stream servers; null: none.
   */
  argument: (value: unknown, surroundings: Surroundings) => string | null
}

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
const mask = orNull(wholeNumber(0, 255))

/** Ours for the official levels: what they call verbose and debug is debug and trace here. */
const levels = { error: 'error', warn: 'warn', info: 'info', verbose: 'debug', debug: 'trace' } as const
const executables: Partial<Record<NodeJS.Platform, string>> = { win32: 'server/bin/win64/ts3d_sc_server.exe', darwin: 'server/bin/macos/ts3d_sc_server' }

const becomes = <T>(settings: (value: T, surroundings: Surroundings) => Settings, argument: (value: T, surroundings: Surroundings) => string | null = () => null): Becomes =>
  ({ settings: settings as Becomes['settings'], argument: argument as Becomes['argument'] })
const given = (name: string, value: string | number | boolean | null): Settings => value === null || value === '' ? {} : { [name]: String(value) }
const listed = (name: string, values: readonly string[]) => given(name, values.join(';'))

const hasFileServer = (config: Readonly<Record<string, unknown>>) => Number(config['fileServerPort']) > 0
const outputLevel = (name: string) => becomes<keyof typeof levels | null>(level => given(name, level && levels[level]))

const required = <T>(name: string, kind: Kind<T>, becomes: Becomes): OfficialKey => ({ name, kind, required: true, fallback: undefined, becomes, secret: false })
const optional = <T>(name: string, kind: Kind<T>, fallback: T, becomes: Becomes): OfficialKey => ({ name, kind, required: false, fallback, becomes, secret: false })

/** Seconds without a report after which the official server kills, for a report interval in seconds. */
const silence = (interval: number) => Number((3 * interval + 2).toFixed(3))

const renderers = becomes((_value, { config }) => given('SLIPWAY_RENDERERS', ['csr', 'ssr'].filter(renderer => config[`${renderer}Enabled`] === true).join(',')))

/** Every key of the official configuration, in its order. What becomes of them stands in the last column. */
export const keys: readonly OfficialKey[] = [
  required('spawnServerPort', port, becomes<number>(port => given('SLIPWAY_PORT', port))),
  optional('publicHostname', maybeText, null, becomes<string | null>(host => given('SLIPWAY_PUBLIC_HOST', host))),
  required('ipVersion', ipVersion, becomes((version, { place }) => given('SLIPWAY_HOST', version === enums.ipVersion.Auto && place.ipv6 ? '::' : '0.0.0.0'))),
  optional('spawnServerAccessControlAllowOriginHeader', orNull(text), '*', becomes<string | null>(origin => given('SLIPWAY_CORS_ORIGIN', origin ?? '*'))),
  optional('fileServerAccessControlAllowOriginHeader', orNull(text), '*', becomes<string | null>((origin, { config }) => hasFileServer(config) ? given('SLIPWAY_FILE_SERVER_CORS_ORIGIN', origin ?? '*') : {})),

  optional('sslCertificateFile', maybeText, null, becomes<string | null>((file, { path }) => given('SLIPWAY_TLS_CERTIFICATE_FILE', file ? path(file) : null))),
  optional('sslPrivateKeyFile', maybeText, null, becomes<string | null>((file, { path }) => given('SLIPWAY_TLS_KEY_FILE', file ? path(file) : null))),
  optional('sslCertificateAuthorityPath', maybeText, null, becomes<string | null>(
    (authority, { path, place }) => authority && place.isFile(path(authority)) ? given('SLIPWAY_TLS_CA_FILE', path(authority)) : {},
    (authority, { path, config }) => authority && config['sslEnableSpawnServer'] === true ? path(authority) : null
  )),
  optional('sslEnableFileServer', maybeTrue, false, becomes<boolean | null>(on => given('SLIPWAY_TLS_FILE_SERVER', on || null))),
  optional('sslEnableSpawnServer', maybeTrue, false, becomes<boolean | null>(on => given('SLIPWAY_TLS_SERVER', on || null))),
  optional('sslEnableScServer', maybeTrue, false, becomes<boolean | null>(on => given('SLIPWAY_TLS_STREAM_SERVERS', on || null))),
  optional('sslDisableRevocationTest', maybeTrue, false, becomes<boolean | null>(() => ({}), (disabled, { config, place }) => disabled === true && config['sslEnableSpawnServer'] === true && place.platform === 'win32' ? 'true' : null)),

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
  optional('restFileserver', maybeText, null, becomes<string | null>(() => ({}), address => address || null)),
  optional('autoGcIntervalTime', orOff(seconds(0.001, 604_800)), 30, becomes<number | null>(interval => given('SLIPWAY_GC_INTERVAL', interval || null))),
  optional('disableConsoleEnterToShutdown', maybeTrue, null, becomes<boolean | null>(disabled => given('SLIPWAY_ENTER_STOPS', disabled !== true))),

  required('communicatorDir', text, becomes(() => ({}))),
  optional('streamCacheExeFile', maybeText, null, becomes<string | null>((file, { path, place }) => given('SLIPWAY_STREAM_SERVER', path(file || (executables[place.platform] ?? 'server/bin/linux64/ts3d_sc_server'))))),
  required('modelDirs', folders, becomes<string[]>((dirs, { present }) => listed('SLIPWAY_MODEL_DIRS', present(dirs)))),
  required('workspaceDir', text, becomes<string>((dir, { path }) => given('SLIPWAY_WORKSPACE_DIR', path(dir)))),

  optional('logDir', maybeText, '~/ts3d_communicator_logs', becomes<string | null>((dir, { path }) => given('SLIPWAY_LOG_DIR', dir ? path(dir) : 'none'))),
  optional('logSpawnFileCategoryMask', mask, 7, becomes<number | null>(mask => given('SLIPWAY_STREAM_SERVER_LOG_FILE_MASK', mask || null))),
  optional('logSpawnStdoutCategoryMask', mask, 0, becomes<number | null>(mask => given('SLIPWAY_STREAM_SERVER_LOG_OUTPUT_MASK', mask || null))),
  optional('logSpawnUseDeltaTime', maybeTrue, false, becomes<boolean | null>(delta => given('SLIPWAY_STREAM_SERVER_LOG_DELTA', delta || null))),
  optional('logFileTimeFormat', timeFormat, enums.timeFormat.ISO, becomes<string | null>(format => given('SLIPWAY_LOG_FILE_TIME', format))),
  optional('logConsoleTimeFormat', timeFormat, enums.timeFormat.Local, becomes<string | null>(format => given('SLIPWAY_LOG_TIME', format))),
  optional('logStdoutAsLevel', level, enums.level.Debug, outputLevel('SLIPWAY_LOG_CHILD_STDOUT_LEVEL')),
  optional('logStderrAsLevel', level, enums.level.Debug, outputLevel('SLIPWAY_LOG_CHILD_STDERR_LEVEL')),
  optional('logConsoleLevelCutoff', level, enums.level.Warn, becomes<keyof typeof levels | null>(level => given('SLIPWAY_LOG_LEVEL', level === null ? 'silent' : levels[level]))),
  optional('logFileLevelCutoff', level, enums.level.Verbose, becomes<keyof typeof levels | null>((level, { config }) => given('SLIPWAY_LOG_FILE_LEVEL', level === null || config['logFileTimeFormat'] === null ? 'none' : levels[level]))),
  optional('logRestFilterRegex', orNull(pattern), /POST.*liveliness=ping/, becomes<RegExp | null>(filter => given('SLIPWAY_LOG_REQUEST_FILTER', filter && String(filter)))),
  optional('logRestHttpRequestsAsLevel', level, enums.level.Verbose, becomes<keyof typeof levels | null>(level => given('SLIPWAY_LOG_REQUEST_LEVEL', level === null ? 'silent' : levels[level]))),
  optional('logFileHttpRequestsAsLevel', level, enums.level.Debug, becomes<keyof typeof levels | null>((level, { config }) => hasFileServer(config) ? given('SLIPWAY_LOG_FILE_SERVER_REQUEST_LEVEL', level === null ? 'silent' : levels[level]) : {})),

  optional('fileServerPort', orOff(port), 11_180, becomes<number | null>(port => given('SLIPWAY_FILE_SERVER_PORT', port || null))),
  optional('fileServerStaticDirs', orNull(folders), [], becomes<string[] | null>((dirs, { config, present }) => hasFileServer(config) ? listed('SLIPWAY_STATIC_DIRS', present(dirs ?? [])) : {})),
  optional('fileServerProxyViewerConnections', maybeTrue, true, becomes<boolean | null>((proxy, { config }) => hasFileServer(config) ? given('SLIPWAY_FILE_SERVER_PROXY', proxy === true) : {})),

  optional('windowsServiceRespawnEnabled', maybeTrue, false, becomes<boolean | null>(respawn => given('SLIPWAY_SERVICE_RESPAWN', respawn || null))),
  optional('windowsServiceRespawnLogSuffix', maybeText, null, becomes<string | null>(suffix => given('SLIPWAY_SERVICE_RESPAWN_LOG_SUFFIX', suffix))),

  optional('licenseFile', maybeText, null, becomes<string | null>((file, { path }) => given('SLIPWAY_LICENSE_FILE', file ? path(file) : null))),
  { ...optional('license', maybeText, null, becomes<string | null>(license => given('SLIPWAY_LICENSE', license))), secret: true }
]

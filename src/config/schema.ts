import Type, { type Static, type TSchema } from 'typebox'

/**
 * Every setting there is. This one schema is the type, the defaults, the check, `.env.example` and `docs/configuration.md`:
 * a setting is added here and nowhere else, then `npm run docs`. Durations are in seconds, relative paths start at the working directory.
 */

/** What a setting carries beside its JSON Schema. */
export interface SettingNotes {
  /** Name of the environment variable. */
  env: string
  description: string
  /** What a value must be, in words, where the schema alone does not say it well. */
  expected?: string
  /** Unit of a number, for the reader. */
  unit?: string
  /** What joins the entries of a list in the environment. */
  separator?: ';' | ','
  /** Its value is shown to nobody. */
  secret?: boolean
}

const seconds = (env: string, fallback: number, minimum: number, description: string) =>
  Type.Number({ env, default: fallback, minimum, maximum: 604_800, unit: 's', description })
const ceiling = (env: string, limit: string) =>
  seconds(env, 0, 0, `Most that a request may ask for of \`${limit}\`. 0: as much as that setting, so that requests may only ask for less.`)
const percent = (env: string, description: string) => Type.Number({ env, default: 0, minimum: 0, maximum: 100, unit: '%', description })
const milliseconds = (env: string, description: string) => Type.Number({ env, default: 0, minimum: 0, maximum: 60_000, unit: 'ms', description })
const port = (env: string, fallback: number, description: string) =>
  Type.Integer({ env, default: fallback, minimum: 0, maximum: 65_535, description })
const text = (env: string, fallback: string, description: string) => Type.String({ env, default: fallback, description })
const folders = (env: string, fallback: string[], description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { env, default: fallback, separator: ';', description })
const extraArguments = (env: string, description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { env, default: [], separator: ';', expected: 'arguments joined by ";"', description })
const ahead = (env: string, description: string) =>
  Type.String({ env, default: 'auto', pattern: '^(auto|\\d{1,4})$', expected: 'auto, or a whole number from 0 to 9999', description })
const mask = (env: string, description: string) =>
  Type.Integer({ env, default: 0, minimum: 0, maximum: 255, description: `${description}: the sum of 1 (errors), 2 (warnings), 4 (information) and 8 (debugging); 255: all, 0: it is not told.` })
const childLevel = (env: string, stream: string) =>
  Type.Enum(['none', 'error', 'warn', 'info', 'debug', 'trace'], { env, default: 'none', description: `Level at which lines that stream servers say on ${stream} stand in the log of the service too, at most a hundred a second of each. \`none\`: they do not.` })
const group = <P extends Record<string, TSchema>>(title: string, properties: P) => Type.Object(properties, { title })

export const configSchema = Type.Object({
  http: group('Listening', {
    host: text('SLIPWAY_HOST', '127.0.0.1', 'Address to listen on. The embedded stream servers listen on the same one.'),
    port: port('SLIPWAY_PORT', 11_182, 'Port of the API, the WebSocket proxy and the page. 0 takes any free one.'),
    publicHost: Type.String({ env: 'SLIPWAY_PUBLIC_HOST', default: '', pattern: '^([A-Za-z0-9][A-Za-z0-9.-]*|[0-9A-Fa-f:]*)$', expected: 'a host name or an address, without scheme and port', description: 'Host name told to viewers in `endpoints.ws`. Empty: the name the caller itself used.' }),
    corsOrigin: Type.String({ env: 'SLIPWAY_CORS_ORIGIN', default: '', pattern: '^(|\\*|https?://[^/\\s]+)$', expected: 'an origin such as https://cad.example, or *', description: 'Origin whose pages may ask for viewers, and frame `embed.html` (`*`: any). Empty: our own page only.' }),
    open: Type.Boolean({ env: 'SLIPWAY_OPEN', default: false, description: 'Whether the service is as open as the official server: pages of any origin may ask, under any name; requests may name any model folder; anybody may stop the service or collect its garbage; the status page shows the whole configuration with its paths.' }),
    adminKey: text('SLIPWAY_ADMIN_KEY', '', 'Key with which `POST /api/gc` and `/api/shutdown` may be asked from other machines (`Authorization: Bearer <key>`). Empty: from this machine only.'),
    tutorial: Type.Enum(['auto', 'true', 'false'], { env: 'SLIPWAY_TUTORIAL', default: 'auto', description: 'Whether the tutorial service is there too: `POST /spawn`, `POST /liveliness/:id`, `GET /status`. `auto`: while listening on the loopback.' }),
    internalHost: Type.String({ env: 'SLIPWAY_INTERNAL_HOST', default: '', pattern: '^([A-Za-z0-9][A-Za-z0-9.-]*|[0-9A-Fa-f:]*)$', expected: 'a host name or an address, without scheme and port', description: 'Host stream servers report to, where they do not reach the public one (containers). Empty: the address we listen on; with TLS the public host, since its name is in the certificate.' }),
    enterStops: Type.Boolean({ env: 'SLIPWAY_ENTER_STOPS', default: false, description: 'Whether Enter on the console, or anything else on standard input, stops the service.' }),
    spawnRateLimit: Type.Integer({ env: 'SLIPWAY_SPAWN_RATE_LIMIT', default: 120, minimum: 0, maximum: 1_000_000, unit: 'per minute', description: 'Viewing requests one address may make in a minute. 0: no limit.' })
  }),
  tls: group('Encryption', {
    server: Type.Boolean({ env: 'SLIPWAY_TLS_SERVER', default: false, description: 'Whether the main port speaks https and wss. Stream servers then report by https.' }),
    fileServer: Type.Boolean({ env: 'SLIPWAY_TLS_FILE_SERVER', default: false, description: 'Whether the file server speaks https and wss.' }),
    streamServers: Type.Boolean({ env: 'SLIPWAY_TLS_STREAM_SERVERS', default: false, description: 'Whether the stream servers speak wss.' }),
    certificateFile: text('SLIPWAY_TLS_CERTIFICATE_FILE', '', 'Certificate in PEM, with those that lead up to its authority. It may be replaced at any time: new connections get the new one, open ones live on.'),
    keyFile: text('SLIPWAY_TLS_KEY_FILE', '', 'Its private key in PEM, without a passphrase.'),
    authorityFile: text('SLIPWAY_TLS_CA_FILE', '', 'Certificate of the authority, by which the embedded stream servers verify us when they report. Empty: one that Node knows, or the certificate itself where it is self-signed (sessions end when that one is replaced).')
  }),
  behind: group('Behind a reverse proxy', {
    endpoint: text('SLIPWAY_ENDPOINT', '', 'What viewers are told in `endpoints.ws`, with `{origin}` (how the caller reached us, as in `wss://cad.example`), `{host}`, `{port}`, `{id}` and `{token}`. `{origin}/s/{token}` leads every viewer over our own port. Empty: the stream server itself, `ws://{host}:{port}`.'),
    trustedProxies: Type.Array(Type.String({ minLength: 1 }), { env: 'SLIPWAY_TRUSTED_PROXIES', default: [], separator: ',', expected: 'addresses, networks such as 10.0.0.0/8, or the words loopback, linklocal, uniquelocal, joined by ","', description: 'Reverse proxies that are believed when they say who asks (`X-Forwarded-For`, `-Host`, `-Proto`, `-Prefix`).' }),
    proxyProtocol: Type.Boolean({ env: 'SLIPWAY_PROXY_PROTOCOL', default: false, description: 'Whether those proxies may tell it by the PROXY protocol instead, version 1 or 2, at the start of each connection.' }),
    pathPrefix: Type.String({ env: 'SLIPWAY_PATH_PREFIX', default: '', pattern: '^(|(/[A-Za-z0-9._~-]+)+)$', expected: 'a path such as /cad, without a slash at its end', description: 'Path below which the service is known, where the proxy leaves it in the address.' }),
    tokenLifetime: seconds('SLIPWAY_TOKEN_LIFETIME', 60, 1, 'How long the token in a viewer\'s address lets it in.'),
    tokenKey: Type.String({ env: 'SLIPWAY_TOKEN_KEY', default: '', pattern: '^(|.{32,})$', secret: true, expected: 'at least 32 characters that nobody can guess', description: 'What those tokens are signed with. Empty: a new key at every start.' })
  }),
  ports: group('Ports of the stream servers', {
    begin: Type.Integer({ env: 'SLIPWAY_WS_PORTS_BEGIN', default: 11_000, minimum: 1024, maximum: 65_535, description: 'First port of the range; it holds as many ports as there may be sessions.' }),
    rest: seconds('SLIPWAY_PORT_REST', 2, 0, 'How long a freed port rests before it is given out again.'),
    retry: seconds('SLIPWAY_PORT_RETRY', 30, 1, 'How long a port that somebody else holds is left alone before it is tried again.')
  }),
  sessions: group('Sessions', {
    max: Type.Integer({ env: 'SLIPWAY_MAX_SESSIONS', default: 32, minimum: 1, maximum: 10_000, description: 'Most sessions at a time.' }),
    maxPerCaller: Type.Integer({ env: 'SLIPWAY_MAX_SESSIONS_PER_CALLER', default: 0, minimum: 0, maximum: 10_000, description: 'Most sessions at a time of one caller, told by its address. 0: no limit but that of all.' }),
    maxStarts: Type.Integer({ env: 'SLIPWAY_MAX_STARTS', default: 0, minimum: 0, maximum: 10_000, description: 'Most stream servers that are started at a time; further requests wait in line, or are turned away where there is none. 0: no limit but that of sessions.' }),
    queueLength: Type.Integer({ env: 'SLIPWAY_QUEUE_LENGTH', default: 0, minimum: 0, maximum: 10_000, description: 'Most requests that wait in line when every seat is taken or nothing may be started just now: callers in turn, first come first served. 0: they are turned away at once, as by the official server.' }),
    seatTimeout: seconds('SLIPWAY_SEAT_TIMEOUT', 60, 1, 'How long a request waits in that line.'),
    reentry: seconds('SLIPWAY_REENTRY_TIME', 15, 0, 'How long a place in that line, or the seat of a session whose viewer dropped, is kept for whoever had asked for a token to come back by (`params.reentry`). 0: none is.'),
    queueTimeout: seconds('SLIPWAY_QUEUE_TIMEOUT', 10, 0.1, 'How long a request waits for a port that is resting.'),
    startTimeout: seconds('SLIPWAY_START_TIMEOUT', 30, 0.1, 'How long a stream server may take to say it is ready.'),
    firstConnectTimeout: seconds('SLIPWAY_FIRST_CONNECT_TIMEOUT', 60, 1, 'How long a ready stream server waits for its viewer.'),
    pingInterval: seconds('SLIPWAY_PING_INTERVAL', 5, 0.1, 'How often a stream server reports that it is alive.'),
    pingTimeout: seconds('SLIPWAY_PING_TIMEOUT', 17, 0.1, 'Silence after which a stream server is stopped.'),
    aheadCsr: ahead('SLIPWAY_STARTED_AHEAD_CSR', 'Sessions with client rendering to have started ahead, so that requests without a model, a token or folders of their own find one ready. `auto`: 1 with the embedded stream server where there may be 4 sessions or more, else 0.'),
    aheadSsr: ahead('SLIPWAY_STARTED_AHEAD_SSR', 'The same with server rendering. `auto`: 0.'),
    aheadLifetime: seconds('SLIPWAY_STARTED_AHEAD_LIFETIME', 600, 1, 'How long a session that was started ahead waits for a request before another takes its place.'),
    idleTimeout: seconds('SLIPWAY_IDLE_TIMEOUT', 0, 0, 'Time without viewer input after which a session is stopped: as the stream server reports it (the embedded one does), else as it is seen in the tunnel of the viewer. 0: never.'),
    maxLifetime: seconds('SLIPWAY_MAX_LIFETIME', 0, 0, 'Longest life of a session. 0: no limit.'),
    endWarning: seconds('SLIPWAY_END_WARNING', 60, 0, 'How long before the idle limit or the longest life ends a session its viewer is warned, at most half of that limit; where the stream server passes it on (the embedded one does). 0: not at all.'),
    killStep: seconds('SLIPWAY_KILL_STEP', 5, 0.1, 'Time between the steps of a stop: asked to leave, SIGTERM, SIGKILL, given up.'),
    keepEnded: seconds('SLIPWAY_KEEP_ENDED', 600, 0, 'How long the record of an ended session is kept for the operator.'),
    drainTimeout: seconds('SLIPWAY_DRAIN_TIMEOUT', 30, 0, 'How long running sessions may go on after SIGTERM.')
  }),
  ceilings: group('Limits that a request may ask for', {
    startTimeout: ceiling('SLIPWAY_START_TIMEOUT_CEILING', 'SLIPWAY_START_TIMEOUT'),
    firstConnectTimeout: ceiling('SLIPWAY_FIRST_CONNECT_TIMEOUT_CEILING', 'SLIPWAY_FIRST_CONNECT_TIMEOUT'),
    pingTimeout: ceiling('SLIPWAY_PING_TIMEOUT_CEILING', 'SLIPWAY_PING_TIMEOUT'),
    idleTimeout: ceiling('SLIPWAY_IDLE_TIMEOUT_CEILING', 'SLIPWAY_IDLE_TIMEOUT'),
    maxLifetime: ceiling('SLIPWAY_MAX_LIFETIME_CEILING', 'SLIPWAY_MAX_LIFETIME')
  }),
  load: group('Load gate: no new stream servers while the machine is too busy', {
    memoryCloses: percent('SLIPWAY_LOAD_MEMORY_CLOSES', 'Percent of the memory, of the machine or of our cgroup, below which nothing more is started. 0: it is not looked at.'),
    memoryOpens: percent('SLIPWAY_LOAD_MEMORY_OPENS', 'Percent at which it is again. 0: a quarter more than that.'),
    cpuCloses: percent('SLIPWAY_LOAD_CPU_CLOSES', 'Percent of the time in which something waits for a processor (Linux\'s CPU pressure, or what a cgroup\'s limit cuts short) above which nothing more is started. 0: it is not looked at.'),
    cpuOpens: percent('SLIPWAY_LOAD_CPU_OPENS', 'Percent at which it is again. 0: a quarter less than that.'),
    loopCloses: milliseconds('SLIPWAY_LOAD_LOOP_CLOSES', 'Delay of the service itself, of its event loop, above which nothing more is started. 0: it is not looked at.'),
    loopOpens: milliseconds('SLIPWAY_LOAD_LOOP_OPENS', 'Delay at which it is again. 0: a quarter less than that.')
  }),
  restart: group('Restarts', {
    keepSessions: seconds('SLIPWAY_KEEP_SESSIONS', 0, 0, 'How long sessions live on without the service, so that a restart, or a crash of the service, ends none: the one that is started next takes them over. After SIGTERM it then leaves them; every other stop still ends them. 0: sessions end with the service. Linux only; the launcher is the one in JavaScript.'),
    stateDir: text('SLIPWAY_STATE_DIR', '.slipway/state', 'Folder in which the service that is started next finds them; nobody else may enter it. Each service needs one of its own.')
  }),
  streamServer: group('The stream server', {
    executable: text('SLIPWAY_STREAM_SERVER', '', 'Path of `ts3d_sc_server`. Empty: the embedded stream server.'),
    launcher: Type.Enum(['auto', 'javascript', 'native'], { env: 'SLIPWAY_LAUNCHER', default: 'auto', description: 'Which launcher starts the stream servers: the native one, which `npm run build:native` builds on Linux, or the one in JavaScript. `auto`: the native one where it is.' }),
    tunnel: Type.Enum(['in-process', 'native'], { env: 'SLIPWAY_TUNNEL', default: 'in-process', description: 'Who carries the bytes between viewers and stream servers: the service itself, or, `native`, a program beside it that `npm run build:native` builds on Linux. It carries what is not encrypted; the rest stays in the service.' }),
    licenseFile: text('SLIPWAY_LICENSE_FILE', '', 'Licence file handed to the stream server.'),
    license: text('SLIPWAY_LICENSE', '', 'Text of the licence, where there is no file; it stands on the command line of every stream server. One of the two, not both.'),
    modelDirs: folders('SLIPWAY_MODEL_DIRS', [], 'Folders with models, the first that has a name wins. Empty: the sample that comes with Slipway; for `ts3d_sc_server` none.'),
    renderers: Type.Array(Type.Enum(['csr', 'ssr']), { env: 'SLIPWAY_RENDERERS', default: ['csr', 'ssr'], separator: ',', minItems: 1, uniqueItems: true, description: 'Renderers viewers may ask for, as far as the stream server has them: `csr` (client), `ssr` (server).' }),
    workspaceDir: text('SLIPWAY_WORKSPACE_DIR', '.slipway/workspace', 'Scratch folder of the stream servers; prepared models are kept here.'),
    modelCacheBytes: Type.Integer({ env: 'SLIPWAY_MODEL_CACHE_BYTES', default: 10_737_418_240, minimum: 0, maximum: 1_125_899_906_842_624, unit: 'bytes', description: 'Most bytes of all models that the embedded stream server has prepared; those opened longest ago go, none that is being viewed.' }),
    csrArgs: extraArguments('SLIPWAY_CSR_ARGS', 'More arguments for stream servers that render in the browser, each flag and each value an entry, as in `--flag;value`. They stand before the licence.'),
    ssrArgs: extraArguments('SLIPWAY_SSR_ARGS', 'The same for those that render on the server.'),
    childEnv: Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), { env: 'SLIPWAY_CHILD_ENV', default: [], separator: ',', expected: 'names of environment variables joined by ","', description: 'Variables of the service whose values are handed on to the stream servers, which get nothing else: `PATH,HOME,CUDA_VISIBLE_DEVICES` for example.' }),
    gpuCount: Type.Integer({ env: 'SLIPWAY_SSR_GPU_COUNT', default: 0, minimum: 0, maximum: 1_024, description: 'GPUs that stream servers render on: each session gets the one with the fewest. 0: the default GPU for all. The embedded one needs the package `webgpu` for it.' }),
    egl: Type.Boolean({ env: 'SLIPWAY_SSR_EGL', default: false, description: 'Whether `ts3d_sc_server` renders with EGL, without an X display. Linux only.' }),
    serviceRespawn: Type.Boolean({ env: 'SLIPWAY_SERVICE_RESPAWN', default: false, description: 'Whether `ts3d_sc_server` starts itself again in the session of the user who is logged in. Windows services with server rendering only.' }),
    serviceRespawnLogSuffix: text('SLIPWAY_SERVICE_RESPAWN_LOG_SUFFIX', '', 'What the log file of the first of the two is called in addition. Empty: it has none.')
  }),
  uploads: group('Models from outside', {
    dir: text('SLIPWAY_UPLOAD_DIR', '', 'Folder for models that are sent by the page or by `POST /api/models`; it is a model folder too, the last one. Whoever may ask for viewers may send. Empty: none are taken.'),
    bytes: Type.Integer({ env: 'SLIPWAY_UPLOAD_BYTES', default: 268_435_456, minimum: 1, maximum: 1_073_741_824, unit: 'bytes', description: 'Largest file that is taken.' }),
    totalBytes: Type.Integer({ env: 'SLIPWAY_UPLOAD_TOTAL_BYTES', default: 4_294_967_296, minimum: 1, maximum: 1_125_899_906_842_624, unit: 'bytes', description: 'Most bytes of all files in that folder.' }),
    files: Type.Integer({ env: 'SLIPWAY_UPLOAD_FILES', default: 1_000, minimum: 1, maximum: 20_000, description: 'Most files in that folder.' }),
    rateLimit: Type.Integer({ env: 'SLIPWAY_UPLOAD_RATE_LIMIT', default: 30, minimum: 0, maximum: 1_000_000, unit: 'per minute', description: 'Files one address may send in a minute. 0: no limit.' })
  }),
  assets: group('Files for browsers (development)', {
    publicDir: text('SLIPWAY_PUBLIC_DIR', '', 'Folder with the page. Empty: the page that comes with Slipway.'),
    dirs: folders('SLIPWAY_STATIC_DIRS', [], 'More folders to serve, HWV assets and SCS files for example; tried in order after the page.')
  }),
  fileServer: group('The file server', {
    port: port('SLIPWAY_FILE_SERVER_PORT', 0, 'Port that the static folders are served on too. 0: none.'),
    proxy: Type.Boolean({ env: 'SLIPWAY_FILE_SERVER_PROXY', default: true, description: 'Whether viewers may connect there too, on any path, so that no other port has to be reachable.' }),
    corsOrigin: Type.String({ env: 'SLIPWAY_FILE_SERVER_CORS_ORIGIN', default: '', pattern: '^(|\\*|https?://[^/\\s]+)$', expected: 'an origin such as https://cad.example, or *', description: 'Origin whose pages may read the files (`*`: any). Empty: none but its own.' })
  }),
  log: group('Logs', {
    level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { env: 'SLIPWAY_LOG_LEVEL', default: 'info', description: 'Least severe level that is logged.' }),
    time: Type.Enum(['auto', 'iso', 'local', 'delta'], { env: 'SLIPWAY_LOG_TIME', default: 'auto', description: 'How times stand in the log on stdout: universal time, local time, or the seconds since the start. `auto`: milliseconds since 1970, or the local time on a terminal.' }),
    fileLevel: Type.Enum(['none', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'], { env: 'SLIPWAY_LOG_FILE_LEVEL', default: 'none', description: 'Least severe level that is written to a log file of the service, in the log folder, as text. `none`: there is no such file.' }),
    fileTime: Type.Enum(['iso', 'local', 'delta'], { env: 'SLIPWAY_LOG_FILE_TIME', default: 'iso', description: 'How times stand in that file.' }),
    requestLevel: Type.Enum(['error', 'warn', 'info', 'debug', 'trace', 'silent'], { env: 'SLIPWAY_LOG_REQUEST_LEVEL', default: 'info', description: 'Level of the line for each request. `silent`: there is none.' }),
    requestFilter: text('SLIPWAY_LOG_REQUEST_FILTER', '', 'Requests that get no line: a regular expression, tried on the method and the address, `GET /api/status?raw=true` for example, and on the whole line in Apache\'s combined format. Also as `/expression/flags`.'),
    fileServerRequestLevel: Type.Enum(['error', 'warn', 'info', 'debug', 'trace', 'silent'], { env: 'SLIPWAY_LOG_FILE_SERVER_REQUEST_LEVEL', default: 'info', description: 'The same for requests to the file server.' }),
    childStdoutLevel: childLevel('SLIPWAY_LOG_CHILD_STDOUT_LEVEL', 'stdout'),
    childStderrLevel: childLevel('SLIPWAY_LOG_CHILD_STDERR_LEVEL', 'stderr'),
    dir: text('SLIPWAY_LOG_DIR', '.slipway/logs', 'Folder for the log files: the output of each stream server, and the log of the service where it is wanted. `none`: nothing is kept. Each service needs a folder of its own.'),
    keepDays: Type.Number({ env: 'SLIPWAY_LOG_KEEP_DAYS', default: 30, minimum: 0, maximum: 36_500, unit: 'days', description: 'How long log files of this service stay after they were written last. The files of living sessions always stay, and so do those that others put into the folder. 0: without limit.' }),
    keepFiles: Type.Integer({ env: 'SLIPWAY_LOG_KEEP_FILES', default: 1_000, minimum: 0, maximum: 1_000_000, description: 'Most log files of this service in the folder; the oldest go. 0: without limit.' }),
    keepBytes: Type.Integer({ env: 'SLIPWAY_LOG_KEEP_BYTES', default: 1_073_741_824, minimum: 0, maximum: 1_099_511_627_776, unit: 'bytes', description: 'Most bytes of these log files together; the oldest go. 0: without limit.' }),
    sessionBytes: Type.Integer({ env: 'SLIPWAY_SESSION_LOG_BYTES', default: 1_048_576, minimum: 1024, maximum: 1_073_741_824, unit: 'bytes', description: 'Most output kept of one stream server.' }),
    streamServerFileMask: mask('SLIPWAY_STREAM_SERVER_LOG_FILE_MASK', 'What `ts3d_sc_server` writes into a log file of its own'),
    streamServerOutputMask: mask('SLIPWAY_STREAM_SERVER_LOG_OUTPUT_MASK', 'What `ts3d_sc_server` says on stdout'),
    streamServerDelta: Type.Boolean({ env: 'SLIPWAY_STREAM_SERVER_LOG_DELTA', default: false, description: 'Whether `ts3d_sc_server` stamps the lines of its log file with the seconds since its start.' })
  }),
  history: group('History and crashes', {
    sessions: Type.Integer({ env: 'SLIPWAY_HISTORY_SESSIONS', default: 2_000, minimum: 1, maximum: 100_000, description: 'Ended sessions whose history can still be asked for (`GET /api/spawns/<id>/history`); those that ended first are forgotten. Living ones are always there.' }),
    file: text('SLIPWAY_HISTORY_FILE', '', 'File that every step of every session is written to, as lines of JSON that are chained by their hashes; `slipway verify-history` looks whether it is whole. Each service needs one of its own. Empty: none.'),
    fileBytes: Type.Integer({ env: 'SLIPWAY_HISTORY_FILE_BYTES', default: 16_777_216, minimum: 4_096, maximum: 1_073_741_824, unit: 'bytes', description: 'Bytes after which it is put aside, with `.1`, `.2`… behind its name, and the next is begun.' }),
    files: Type.Integer({ env: 'SLIPWAY_HISTORY_FILES', default: 10, minimum: 1, maximum: 10_000, description: 'Most of these files; the oldest go.' }),
    crashLimit: Type.Integer({ env: 'SLIPWAY_CRASH_LIMIT', default: 3, minimum: 0, maximum: 1_000, description: 'Crashes of stream servers with one model, within the window, after which that model is isolated: requests for it are answered 422. 0: never.' }),
    crashWindow: seconds('SLIPWAY_CRASH_WINDOW', 600, 1, 'The window in which they are counted.'),
    crashPause: seconds('SLIPWAY_CRASH_PAUSE', 300, 1, 'How long after its last crash such a model is kept from everybody. Then one session at a time may try it.'),
    dossiers: Type.Integer({ env: 'SLIPWAY_CRASH_DOSSIERS', default: 100, minimum: 0, maximum: 10_000, description: 'Crashes of which everything known is kept (`GET /api/crashes`); the oldest go. 0: none.' })
  }),
  memory: group('Memory', {
    gcInterval: seconds('SLIPWAY_GC_INTERVAL', 0, 0, 'How often the garbage of the service is collected, where Node was started with `--expose-gc`. 0: when Node finds it necessary, which is best.')
  }),
  metrics: group('Metrics', {
    enabled: Type.Boolean({ env: 'SLIPWAY_METRICS', default: true, description: 'Whether `/metrics` is there for Prometheus.' }),
    host: text('SLIPWAY_METRICS_HOST', '127.0.0.1', 'Address of the metrics listener, when it has a port of its own.'),
    port: port('SLIPWAY_METRICS_PORT', 0, 'Port of a listener for metrics alone. 0: `/metrics` stands on the main port.')
  })
}, { additionalProperties: false })

export type Config = Static<typeof configSchema>

/** One setting with where it lives: group and key of `Config`, its schema and its notes. */
export interface Setting {
  group: string
  title: string
  key: string
  schema: SettingSchema
}

/** The JSON Schema words this project's settings use, with their notes. */
export interface SettingSchema extends SettingNotes {
  type?: 'string' | 'number' | 'integer' | 'boolean' | 'array'
  default: string | number | boolean | readonly string[]
  minimum?: number
  maximum?: number
  enum?: readonly string[]
  items?: { enum?: readonly string[] }
}

interface GroupSchema { title: string, properties: Record<string, SettingSchema> }

/** All settings in the order of the schema. */
export const settings: readonly Setting[] = Object.entries(configSchema.properties as unknown as Record<string, GroupSchema>)
  .flatMap(([name, { title, properties }]) => Object.entries(properties).map(([key, schema]) => ({ group: name, title, key, schema })))

import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What the command line asked for. Times in seconds, paths absolute. */
export interface Options {
  id: string
  host: string
  port: number
  /** First has precedence. */
  modelDirectories: string[]
  /** The one model to show, whatever the viewer asks for. */
  model: string | null
  /** What the viewer must present. */
  sessionToken: string | null
  workspace: string
  /** Of all prepared models together, above which those opened longest ago go. */
  cacheBytes: number
  /** How long to wait for the first viewer; 0 is for ever. */
  initialUseSeconds: number
  /** Base URL for reports; `null` when nobody asked for them. */
  livelinessEndpoint: string | null
  livelinessSeconds: number
  /** How long to go on although nobody takes the reports; 0: for a few of them. */
  unheardSeconds: number
  /** Both files, or none. */
  tls: { certificateFile: string, privateKeyFile: string } | null
  /** Pictures are made here, not in the browser. */
  rendering: boolean
  /** Which GPU makes them, counted from 0; `null`: the first there is. */
  gpuIndex: number | 'none' | null
  logFile: string | null
  verbose: boolean
}

export type ParsedOptions =
  | { kind: 'run', options: Options }
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'bad', problems: string[] }

type Kind = 'text' | 'flag' | 'port' | 'seconds' | 'integer' | 'gpu' | 'bytes' | 'url'

/** Every flag there is. Those that nothing reads are ts3d_sc_server's, taken so that one command line fits both. */
const flags: Record<string, { kind: Kind, help: string }> = {
  id: { kind: 'text', help: 'name in reports (required)' },
  'sc-port': { kind: 'port', help: 'port to listen on (required)' },
  'sc-host': { kind: 'text', help: 'address to listen on (default 127.0.0.1)' },
  'model-search-directories': { kind: 'text', help: 'folders with models, separated by ;' },
  'model-file': { kind: 'text', help: 'the one model to show, by its bare name' },
  'session-token': { kind: 'text', help: 'what the viewer must present' },
  'workspace-dir': { kind: 'text', help: 'where prepared models are kept' },
  'model-cache-bytes': { kind: 'bytes', help: 'most bytes of all prepared models (default 10 GiB)' },
  'initial-use-duration': { kind: 'seconds', help: 'end when no viewer came after so many seconds (default 60, 0: never)' },
  'liveliness-endpoint': { kind: 'url', help: 'base URL for reports: ready, ping, disconnect' },
  'liveliness-update-frequency': { kind: 'seconds', help: 'seconds from ping to ping (default 5)' },
  'unheard-duration': { kind: 'seconds', help: 'go on for so many seconds although nobody takes the reports (default: four of them)' },
  'ssl-certificate-file': { kind: 'text', help: 'PEM certificate: serve wss' },
  'ssl-private-key-file': { kind: 'text', help: 'PEM key for the certificate' },
  csr: { kind: 'flag', help: 'render in the browser (default true)' },
  ssr: { kind: 'flag', help: 'render on the server (default false)' },
  'log-file': { kind: 'text', help: 'write the log there too' },
  'sc-verbose-logging': { kind: 'flag', help: 'log more' },
  license: { kind: 'text', help: 'not needed' },
  'license-file': { kind: 'text', help: 'not needed' },
  'ssr-gpu-index': { kind: 'gpu', help: 'GPU to render on, counted from 0, or none (default: the first)' },
  'ssr-egl': { kind: 'flag', help: 'not used' },
  'log-style-delta': { kind: 'flag', help: 'not used' },
  'log-file-category-mask': { kind: 'integer', help: 'not used' },
  'log-stdout-category-mask': { kind: 'integer', help: 'not used' },
  'service-respawn': { kind: 'flag', help: 'not used' },
  'service-respawn-log-suffix': { kind: 'text', help: 'not used' }
}

const truths: Record<string, boolean> = { true: true, 1: true, yes: true, false: false, 0: false, no: false }

const checks: Record<Kind, (value: string) => string | null> = {
  text: () => null,
  flag: value => value in truths ? null : 'must be true or false',
  port: value => /^\d{1,5}$/.test(value) && Number(value) <= 65535 ? null : 'must be a port, 0 to 65535',
  seconds: value => /^\d+(\.\d+)?$/.test(value) && Number(value) <= 1e6 ? null : 'must be a number of seconds, 0 to 1000000',
  integer: value => /^-?\d{1,10}$/.test(value) ? null : 'must be a whole number',
  gpu: value => /^(none|-?\d{1,10})$/.test(value) ? null : 'must be a whole number or none',
  bytes: value => /^\d{1,16}$/.test(value) ? null : 'must be a number of bytes',
  url: value => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? null : 'must be an http or https URL'
}

/** Reads a command line, without the program's name. Tells all problems at once; touches nothing. */
export function parseOptions (args: string[]): ParsedOptions {
  if (args.includes('--help')) return { kind: 'help' }
  if (args.includes('--version')) return { kind: 'version' }
  const { values, problems } = readFlags(args)
  const text = (name: string) => values.get(name) || null
  const number = (name: string, otherwise: number) => values.has(name) ? Number(values.get(name)) : otherwise
  const truth = (name: string, otherwise: boolean) => values.has(name) ? truths[values.get(name) ?? ''] ?? otherwise : otherwise
  const path = (name: string) => { const value = text(name); return value === null ? null : resolve(value) }

  for (const name of ['id', 'sc-port']) if (!text(name) && !problems.some(problem => problem.startsWith(`--${name} `))) problems.push(`--${name} is required`)
  const ssr = truth('ssr', false)
  if (!ssr && !truth('csr', true)) problems.push('--csr false: then it needs --ssr true')
  const certificateFile = path('ssl-certificate-file')
  const privateKeyFile = path('ssl-private-key-file')
  if ((certificateFile === null) !== (privateKeyFile === null)) problems.push('--ssl-certificate-file and --ssl-private-key-file need each other')
  if (values.has('liveliness-update-frequency') && number('liveliness-update-frequency', 1) < 0.05) problems.push('--liveliness-update-frequency must be at least 0.05')
  if (problems.length > 0) return { kind: 'bad', problems }

  return {
    kind: 'run',
    options: {
      id: text('id') ?? '',
      host: text('sc-host') ?? '127.0.0.1',
      port: number('sc-port', 0),
      modelDirectories: (text('model-search-directories') ?? '').split(';').filter(directory => directory !== '').map(directory => resolve(directory)),
      model: text('model-file'),
      sessionToken: text('session-token'),
      workspace: path('workspace-dir') ?? join(tmpdir(), 'slipway'),
      cacheBytes: number('model-cache-bytes', 10 * 2 ** 30),
      initialUseSeconds: number('initial-use-duration', 60),
      livelinessEndpoint: text('liveliness-endpoint'),
      livelinessSeconds: number('liveliness-update-frequency', 5),
      unheardSeconds: number('unheard-duration', 0),
      tls: certificateFile !== null && privateKeyFile !== null ? { certificateFile, privateKeyFile } : null,
      rendering: ssr,
      gpuIndex: values.get('ssr-gpu-index') === 'none' ? 'none' : values.has('ssr-gpu-index') ? number('ssr-gpu-index', 0) : null,
      logFile: path('log-file'),
      verbose: truth('sc-verbose-logging', false)
    }
  }
}

function readFlags (args: string[]): { values: Map<string, string>, problems: string[] } {
  const values = new Map<string, string>()
  const problems: string[] = []
  for (let i = 0; i < args.length; i++) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(args[i] ?? '') ?? []
    const flag = name !== undefined && Object.hasOwn(flags, name) ? flags[name] : undefined
    if (name === undefined) { problems.push(`"${args[i]}" is not an option`); continue }
    const next = args[i + 1]
    if (flag === undefined) {
      problems.push(`--${name} is not an option`)
      if (inline === undefined && next !== undefined && !next.startsWith('--')) i++
      continue
    }
    const value = inline ?? next
    if (value === undefined || (inline === undefined && value.startsWith('--'))) { problems.push(`--${name} needs a value`); continue }
    if (inline === undefined) i++
    const problem = checks[flag.kind](value)
    if (problem === null) values.set(name, value)
    else problems.push(`--${name} ${problem}, not "${value}"`)
  }
  return { values, problems }
}

export function helpText (): string {
  const lines = Object.entries(flags).map(([name, { kind, help }]) => `  ${`--${name} <${kind}>`.padEnd(42)}${help}`)
  return `Streams one CAD model to one viewer: docs/stream-protocol.md\n\n${lines.join('\n')}\n  ${'--help, --version'.padEnd(42)}\n`
}

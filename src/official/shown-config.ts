import { withoutSecrets } from './tellable.ts'

/** An official configuration as the status page shows it. */
export interface ShownConfig {
  /** Without secrets and without the paths of this machine. */
  guarded: Readonly<Record<string, unknown>>
  /** Without secrets. */
  whole: Readonly<Record<string, unknown>>
}

const hidden = '<hidden>'
const secrets = { license: hidden, sslPrivateKey: hidden, sslCertificate: hidden }

/** Keys that tell where things are. */
const places = [
  'communicatorDir', 'streamCacheExeFile', 'modelDirs', 'workspaceDir', 'logDir', 'licenseFile', 'sslCertificateFile', 'sslPrivateKeyFile',
  'sslCertificateAuthorityPath', 'fileServerStaticDirs', 'restFileserver'
]

/**
 * @param config every official key with its value or its default
 * @param extra what else is in the file: its values are shown, as far as JSON has them, where everything is, and without their texts elsewhere
 * @param known what is known besides: `serverDir`, officially `server/node`, and the program, also where the key names none
 * @param path makes a path of the file absolute
 */
export function shownConfig (config: Readonly<Record<string, unknown>>, extra: Readonly<Record<string, unknown>>, known: { serverDir: string, spawnExeAbsFile: string | null }, path: (given: string) => string): ShownConfig {
  const { restFileserver } = config
  const guarded = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, places.includes(name) && value !== null ? hidden : value]))
  return {
    guarded: { ...plainEntries(extra, () => hidden), ...guarded, ...secrets },
    whole: { ...plainEntries(extra, text => text), ...config, restFileserver: typeof restFileserver === 'string' ? withoutSecrets(restFileserver) : restFileserver, ...known, ...derived(config, path), ...secrets }
  }
}

/** The keys that the official server adds to those of the file, but for those that only the running service knows. */
function derived (config: Readonly<Record<string, unknown>>, path: (given: string) => string): Record<string, unknown> {
  const file = (name: string) => typeof config[name] === 'string' && config[name] !== '' ? path(config[name]) : null
  const folders = (name: string) => Array.isArray(config[name]) ? config[name].map(folder => path(String(folder))) : []
  return {
    communicatorAbsDir: path('.'),
    logAbsDir: file('logDir'),
    modelAbsDirs: folders('modelDirs'),
    workspaceAbsDir: file('workspaceDir'),
    licenseAbsFile: file('licenseFile'),
    fileServerStaticAbsDirs: folders('fileServerStaticDirs'),
    sslPrivateKeyAbsFile: file('sslPrivateKeyFile'),
    sslCertificateAbsFile: file('sslCertificateFile')
  }
}

type Texts = (text: string) => string

const isSecret = (name: string) => /licen[cs]e|key|pass(word|wd|phrase)|token|secret|credential/i.test(name)

function plainEntries (values: object, texts: Texts, above: readonly object[] = []): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isSecret(name) ? hidden : plain(value, texts, above)]))
}

/** A value as JSON can have it, whatever a file has put together: a regular expression is `{}`, functions vanish. */
function plain (value: unknown, texts: Texts, above: readonly object[]): unknown {
  if (typeof value === 'string') return texts(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object' || above.includes(value)) return undefined
  if (Array.isArray(value)) return value.map(entry => plain(entry, texts, [...above, value]))
  return plainEntries(value, texts, [...above, value])
}

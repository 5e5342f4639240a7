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
 * @param config every key with its value or its default
 * @param serverDir officially `server/node`
 * @param path makes a path of the file absolute
 */
export function shownConfig (config: Readonly<Record<string, unknown>>, serverDir: string, path: (given: string) => string): ShownConfig {
  const guarded = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, places.includes(name) && value !== null ? hidden : value]))
  return { guarded: { ...guarded, ...secrets }, whole: { ...config, ...derived(config, serverDir, path), ...secrets } }
}

/** The keys that the official server adds to those of the file. */
function derived (config: Readonly<Record<string, unknown>>, serverDir: string, path: (given: string) => string): Record<string, unknown> {
  const file = (name: string) => typeof config[name] === 'string' && config[name] !== '' ? path(config[name]) : null
  const folders = (name: string) => Array.isArray(config[name]) ? config[name].map(folder => path(String(folder))) : []
  const spawnServer = config['sslEnableSpawnServer'] === true ? `https://${String(config['publicHostname'])}:` : 'http://127.0.0.1:'
  const proxied = Number(config['fileServerPort']) > 0 && config['fileServerProxyViewerConnections'] === true
  return {
    serverDir,
    communicatorAbsDir: path('.'),
    spawnExeAbsFile: file('streamCacheExeFile'),
    logAbsDir: file('logDir'),
    modelAbsDirs: folders('modelDirs'),
    workspaceAbsDir: file('workspaceDir'),
    licenseAbsFile: file('licenseFile'),
    statusUriBase: `${spawnServer}${String(config['spawnServerPort'])}/api/spawns/`,
    fileServerStaticAbsDirs: folders('fileServerStaticDirs'),
    sslPrivateKeyAbsFile: file('sslPrivateKeyFile'),
    sslCertificateAbsFile: file('sslCertificateFile'),
    ...proxied ? { fileServerProxyDestinationUri: `${spawnServer}${String(config['spawnServerPort'])}` } : {}
  }
}

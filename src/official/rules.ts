type Config = Readonly<Record<string, unknown>>

/** Values that are right one by one and wrong together, with the keys they belong to. */
interface Rule {
  keys: readonly string[]
  broken: (config: Config) => boolean
  problem: string
}

const given = (value: unknown) => value !== null && value !== undefined && value !== ''
const ssl = ['sslEnableFileServer', 'sslEnableSpawnServer', 'sslEnableScServer']
const anySsl = (config: Config) => ssl.some(key => config[key] === true)

const rules: readonly Rule[] = [
  { keys: ['licenseFile', 'license'], broken: ({ licenseFile, license }) => given(licenseFile) === given(license), problem: 'exactly one of the two must be given, the other null' },
  { keys: ['csrEnabled', 'ssrEnabled'], broken: ({ csrEnabled, ssrEnabled }) => csrEnabled === false && ssrEnabled === false, problem: 'both are false, so nobody could view anything; set one of them true' },
  { keys: [...ssl, 'sslCertificateFile', 'sslPrivateKeyFile'], broken: config => anySsl(config) && !(given(config['sslCertificateFile']) && given(config['sslPrivateKeyFile'])), problem: 'encryption needs the certificate and its private key' },
  { keys: [...ssl, 'publicHostname'], broken: config => anySsl(config) && !given(config['publicHostname']), problem: 'encryption needs the host name that the certificate is for' }
]

/** Every broken rule in words. A value that is unusable by itself breaks no rule: its own problem is told already. */
export function brokenRules (config: Config, unusable: ReadonlySet<string>): string[] {
  return rules
    .filter(({ keys, broken }) => !keys.some(key => unusable.has(key)) && broken(config))
    .map(({ keys, problem }) => `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}: ${problem}`)
}

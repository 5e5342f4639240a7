/** Keys whose values never reach a log, at the depths our log lines have. */
const secrets = ['sessionToken', 'token', 'license', 'adminKey', 'authorization', 'cookie'].flatMap(key => [key, `*.${key}`, `*.*.${key}`])

/**
 * Options of the log: JSON lines, or coloured text on a terminal. Queries are left out of request lines: they may carry tokens.
 *
 * @param licence text that is taken out wherever it turns up, in the last words of a stream server for instance; empty: none
 */
export function loggerOptions (level: string, terminal: boolean, licence: string) {
  const written = JSON.stringify(licence).slice(1, -1)
  return {
    level,
    base: null,
    ...licence === '' ? {} : { hooks: { streamWrite: (line: string) => line.replaceAll(written, '<hidden>') } },
    redact: { paths: secrets, censor: '<hidden>' },
    serializers: {
      req: ({ method, url, ip }: { method: string, url: string, ip: string }) => ({ method, path: url.split('?')[0], ip })
    },
    ...terminal ? { transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss.l' } } } : {}
  }
}

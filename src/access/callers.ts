import { isIP } from 'node:net'

/** Whom the service answers. */
export interface Access {
  /** Address the service listens on. */
  host: string
  /** Name viewers reach it by; empty: none of its own. */
  publicHost: string
  /** Name stream servers reach it by; empty: none of its own. */
  internalHost: string
  /** Whether it speaks https, so that a page that came without encryption, from whomever on the way, is none of ours. */
  secure: boolean
  /** Origin of other pages that may ask, `*` for any; empty: none. */
  corsOrigin: string
  /** Whether any page may ask, under any name. */
  open: boolean
}

/** What a caller says of itself. */
export interface Asking {
  host?: string | undefined
  origin?: string | undefined
  /** Host by which the caller knows us, where a trusted proxy says so; absent: `host`. */
  knownAs?: string | undefined
  /** Whether it came to that host by https; absent: as it came to us. */
  secure?: boolean | undefined
}

/** What is wrong with a caller; `null`: nothing. */
export type CallerProblem = { code: 'foreign_host', httpStatus: 421, message: string } | { code: 'foreign_origin', httpStatus: 403, message: string }

/**
 * A browser lets any page send requests to anywhere, this machine included. Two things tell such a page: the name it called us by, where a
 * name of its own was made to point here (DNS rebinding; checked while we listen on the loopback), and its origin. Programs that are no
 * browsers send no origin and are not concerned.
 */
export function callerProblem ({ host, origin, knownAs = host, secure }: Asking, access: Access): CallerProblem | null {
  if (access.open) return null
  const name = hostName(host)
  if (name !== undefined && isLoopback(access.host) && !isOurs(name, access)) {
    return { code: 'foreign_host', httpStatus: 421, message: `This is not ${name}; if it should be, set SLIPWAY_PUBLIC_HOST=${name}` }
  }
  if (origin === undefined || access.corsOrigin === '*' || origin === access.corsOrigin) return null
  const page = URL.canParse(origin) ? new URL(origin) : undefined
  if (page !== undefined && (!(secure ?? access.secure) || page.protocol === 'https:') && (page.host === knownAs?.toLowerCase() || bare(page.hostname) === access.publicHost.toLowerCase())) return null
  return { code: 'foreign_origin', httpStatus: 403, message: `Pages of ${origin} may not ask here; SLIPWAY_CORS_ORIGIN allows another origin` }
}

function hostName (host: string | undefined): string | undefined {
  if (host === undefined || host === '') return undefined
  // What stream servers call us needs no reading; they ask more often than anybody.
  const [, plain = ''] = /^([\d.]+|localhost):\d{1,5}$/.exec(host) ?? []
  if (plain === 'localhost' || isIP(plain) === 4) return plain
  return URL.canParse(`http://${host}`) ? bare(new URL(`http://${host}`).hostname) : host
}

function isOurs (name: string, access: Access): boolean {
  return isIP(name) > 0 || name === 'localhost' || name.endsWith('.localhost') || [access.host, access.publicHost, access.internalHost].some(own => own.toLowerCase() === name)
}

/** Whether what listens on `host` is heard on this machine only. */
export const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')
const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1')

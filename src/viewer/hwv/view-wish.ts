/** How a HOOPS viewer gets at a model: a stream server asked for by REST or by connecting, or a single file. */
export type Way = 'rest' | 'proxy' | 'scs'

export interface ViewWish {
  way: Way
  /** Bare model name, for the stream server. */
  model: string
  /** Address of an SCS file on this service, relative to the page or absolute. */
  scs: string
  renderer: 'csr' | 'ssr'
  /** Empty: none. The WebSocket proxy has no place for one. */
  sessionToken: string
}

/** An endpoint, or in words why there is none. */
export type Endpoint = { status: 'found', uri: string } | { status: 'refused', words: string }

export const wayNames: Readonly<Record<Way, string>> = { rest: 'REST handshake', proxy: 'WebSocket proxy', scs: 'Single file' }

/** What a link asks for: `?way=rest|proxy|scs&model=…&scs=…&renderer=csr|ssr`. A token is a secret and has no place in an address. */
export function wishOf (query: string): ViewWish {
  const told = new URLSearchParams(query)
  const scs = told.get('scs') ?? ''
  const way = (['rest', 'proxy', 'scs'] as const).find(name => name === told.get('way')) ?? (scs === '' ? 'rest' : 'scs')
  return { way, model: told.get('model') ?? '', scs, renderer: told.get('renderer') === 'ssr' ? 'ssr' : 'csr', sessionToken: '' }
}

/** The link to a view, without its token. */
export function queryOf ({ way, model, scs, renderer }: ViewWish): string {
  const told: Record<string, string> = way === 'scs' ? { way, scs } : { way, model, renderer }
  return `?${new URLSearchParams(told).toString()}`
}

/** What the card of a view is called. */
export const titleOf = ({ way, model, scs }: ViewWish): string => way === 'scs' ? scs.split('/').at(-1) ?? scs : model

/** Where a viewer connects to be given a stream server at once; `page` is the address of the page that asks. */
export function proxyEndpoint ({ renderer }: ViewWish, page: string): string {
  return socketUrl(`./?renderingLocation=${renderer}`, page)
}

/** The endpoint of a REST answer; through the service's own port where the page is encrypted and the stream server is not, since browsers refuse that. */
export function spawnedEndpoint (endpoint: string, page: string): string {
  if (!URL.canParse(endpoint)) return endpoint
  const { protocol, port } = new URL(endpoint)
  return new URL(page).protocol === 'https:' && protocol === 'ws:' ? socketUrl(`wsproxy/${port}`, page) : endpoint
}

/** Where the file is; the page's policy lets nothing be fetched from elsewhere. */
export function fileEndpoint ({ scs }: ViewWish, page: string): Endpoint {
  if (!URL.canParse(scs, page)) return { status: 'refused', words: `“${scs}” is not the address of a file.` }
  const { href, origin } = new URL(scs, page)
  if (origin !== new URL(page).origin) return { status: 'refused', words: `“${scs}” is on another server; this page shows files of this one.` }
  return { status: 'found', uri: href }
}

/** Beside the page, which may stand below a path of a web server's. */
function socketUrl (path: string, page: string): string {
  const url = new URL(path, page)
  url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}

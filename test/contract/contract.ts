import { once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import type { Slipway } from '../fixtures/slipway.ts'

/** One row of the contract: what the official server does, how Slipway compares, and the check that it is so. */
export interface Row {
  /** Of the contract, for the order of the page. */
  section: string
  /** Unique; the name of the test. */
  title: string
  official: string
  verdict: 'same' | 'better' | 'different'
  /** What Slipway does instead, and why; nothing where it is the same. */
  why?: string
  /** Needs a service that the suite starts itself, with the stand-in for the stream server: not run against `CONTRACT_URL`. */
  own?: true
  /** Further addresses that the check asks at. */
  needs?: readonly OtherAddress[]
  check: (t: Test, target: Target) => Promise<void>
}

/** An address besides the main one, by the variable that tells it of a service that runs already; the two in the middle speak TLS. */
export type OtherAddress = 'CONTRACT_FILE_SERVER_URL' | 'CONTRACT_TLS_URL' | 'CONTRACT_TLS_FILE_SERVER_URL' | 'CONTRACT_TUTORIAL_URL'

/** A service under the contract. */
export interface Target {
  url: string
  others: Readonly<Partial<Record<OtherAddress, string>>>
  /** PEM of the authorities that its certificates are verified with. */
  ca: string
  /** The service that the suite started; `null` when it was there already. */
  slipway: Slipway | null
  /** Starts another one with another official configuration, for rows that are about it; `env` is Slipway's own word on top, `program` what is run. */
  start: (t: Test, config?: Record<string, unknown>, env?: Record<string, string>, nodeArgs?: string[], program?: string) => Promise<Target & { slipway: Slipway }>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** What the text says where it is JSON. */
  body: Record<string, unknown>
}

export async function ask ({ url }: Target, method: string, path: string, payload?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { connection: 'close', ...typeof payload === 'object' ? { 'content-type': 'application/json' } : {}, ...headers },
    ...payload === undefined ? {} : { body: typeof payload === 'string' ? payload : JSON.stringify(payload) }
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: json(text) }
}

function json (text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** The endpoint of an answer, or of a request that must be fulfilled. */
export function endpointOf ({ status, text, body }: Answer): string {
  const { ws } = body['endpoints'] as { ws?: string } | undefined ?? {}
  if (status !== 200 || ws === undefined) throw new Error(`no viewer: ${status} ${text}`)
  return ws
}

/** Visits a session as its viewer and leaves, so that it ends. */
export async function visit (endpoint: string, options: ClientOptions = {}): Promise<void> {
  const viewer = await enter(endpoint, [], options)
  viewer.close()
  await once(viewer, 'close')
}

export async function enter (endpoint: string, protocols: string[] = [], options: ClientOptions = {}): Promise<WebSocket> {
  const viewer = new WebSocket(endpoint, protocols, options)
  await once(viewer, 'open')
  return viewer
}

/** What the stand-in for the stream server, which sees `hello` in its path, tells of its viewer's upgrade. */
export async function greeted (endpoint: string, protocols: string[] = []): Promise<{ path: string, protocol: string | null }> {
  const viewer = new WebSocket(endpoint, protocols)
  const [message] = await once(viewer, 'message')
  viewer.close()
  await once(viewer, 'close')
  const { path, protocol } = JSON.parse(String(message)) as { path: string, protocol: string | null }
  return { path, protocol }
}

/** How an upgrade that is not accepted is answered. */
export async function refused (endpoint: string, headers: Record<string, string> = {}): Promise<{ status: number, body: Record<string, unknown> }> {
  const viewer = new WebSocket(endpoint, { headers })
  viewer.on('error', () => {})
  const answered = once(viewer, 'unexpected-response')
  const [, response] = await Promise.race([answered, once(viewer, 'open').then(() => { throw new Error('the upgrade was accepted') })]) as [unknown, NodeJS.ReadableStream & { statusCode?: number }]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  viewer.terminate()
  return { status: response.statusCode ?? 0, body: json(text) }
}

/** The service's address as a WebSocket's. */
export const socketUrl = ({ url }: { url: string }) => url.replace(/^http/, 'ws')

/** One of the further addresses. @throws Error when it is not known: the row that asks does not say that it needs it */
export function addressOf ({ others }: Target, name: OtherAddress): string {
  const address = others[name]
  if (address === undefined) throw new Error(`${name} is not known`)
  return address
}

import type { Slipway } from '../../fixtures/slipway.ts'

export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** What a viewing request that was fulfilled is answered. */
export interface Opened { serviceId: string, endpoints: { ws: string }, proxyPath: string, reentry?: { token: string } }

/** `POST /api/spawn`; the model's name chooses the mode of the fake stream server. */
export async function askForViewer ({ url }: Slipway, params: Record<string, unknown> = {}, signal?: AbortSignal): Promise<Answer> {
  return await asking(`${url}/api/spawn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ class: 'csr_session', params }),
    ...signal === undefined ? {} : { signal }
  })
}

/** A viewing request that must be fulfilled. */
export async function openViewer (slipway: Slipway, params: Record<string, unknown> = {}): Promise<Opened & { port: number }> {
  const { status, body } = await askForViewer(slipway, params)
  if (status !== 200) throw new Error(`no viewer: ${status} ${JSON.stringify(body)}`)
  const opened = body as unknown as Opened
  return { ...opened, port: Number(new URL(opened.endpoints.ws).port) }
}

export async function asking (address: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(address, { ...init, headers: { connection: 'close', ...init.headers } })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) as Record<string, unknown> }
}

/** What the service knows of a session. */
export async function session ({ url }: Slipway, id: string): Promise<Record<string, unknown>> {
  return (await asking(`${url}/api/spawns/${id}`)).body
}

export async function stopSession ({ url }: Slipway, id: string): Promise<Answer> {
  return await asking(`${url}/api/spawns/${id}`, { method: 'DELETE' })
}

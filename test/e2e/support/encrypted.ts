import { request } from 'node:https'
import { json, text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { once } from 'node:events'

/** A request over https, verified by this authority alone. */
export async function askEncrypted (url: string, ca: string, method = 'GET', body?: object): Promise<{ status: number, body: Record<string, unknown> }> {
  const asking = request(url, { method, ca, agent: false, headers: { 'content-type': 'application/json' } })
  asking.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = await once(asking, 'response')
  return { status: response.statusCode, body: await json(response) as Record<string, unknown> }
}

/** The certificate that is presented on a port to those who connect now. */
export async function presented (port: number, ca: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

/** A file, read over https. */
export async function readEncrypted (url: string, ca: string): Promise<string> {
  const [response] = await once(request(url, { ca, agent: false }).end(), 'response')
  return await text(response)
}

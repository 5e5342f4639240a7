import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import { openBrowser } from './chromium.ts'

/** A page of another origin: another port is another one. */
async function otherOrigin (t: Test): Promise<string> {
  const server = createServer((_request, response) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A product</title>') })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** What a page gets that asks as the official client library does: an answer, or the browser's refusal. */
async function askFromPage (t: Test, service: string): Promise<{ status?: number, text?: string, refused?: string }> {
  const page = await (await openBrowser(t)).newPage()
  await page.goto(await otherOrigin(t))
  return await page.evaluate(async url => {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Access-Control-Allow-Origin': '*',
          'Access-Control-Allow-Methods': 'POST',
          'Access-Control-Allow-Headers': 'Content-Type, Access-Control-Allow-Origin, Access-Control-Allow-Methods, Access-Control-Allow-Headers'
        },
        body: JSON.stringify({ class: 'csr_session', params: { readyEndpoint: '', statusEndpoint: '', disconnectEndpoint: '', statusUpdateFrequency: '60' } })
      })
      return { status: answer.status, text: await answer.text() }
    } catch (error) {
      return { refused: String(error) }
    }
  }, `${service}/service`)
}

t.test('a page of another origin asks as the official client library does, where pages of any origin may', async t => {
  const { url } = await startSlipway(t, { SLIPWAY_CORS_ORIGIN: '*' })
  const { status, text = '{}', refused } = await askFromPage(t, url)
  t.equal(refused, undefined)
  t.equal(status, 200)
  t.match(JSON.parse(text), { result: 'ok', endpoints: { ws: /^ws:/ } })
})

t.test('elsewhere its browser refuses, and nothing is started', async t => {
  const { url } = await startSlipway(t)
  t.match(await askFromPage(t, url), { refused: /Failed to fetch/ })
  const { spawns } = await (await fetch(`${url}/api/spawns`)).json() as { spawns: unknown[] }
  t.same(spawns, [])
})

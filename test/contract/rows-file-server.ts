import { once } from 'node:events'
import { WebSocket } from 'ws'
import { portRange } from '../fixtures/leak-check.ts'
import { addressOf, ask, enter, greeted, refused, socketUrl, visit, type Row, type Target } from './contract.ts'

const fileServer = (target: Target) => ({ ...target, url: addressOf(target, 'CONTRACT_FILE_SERVER_URL') })

/** Another service with a file server on a port of its own. */
async function startWith (t: Parameters<Row['check']>[0], target: Target, config: Record<string, unknown>) {
  const service = await target.start(t, { fileServerPort: await portRange(1), ...config })
  return { service, files: fileServer(service) }
}

/** The second port: sections 2 and 5.10. Which files of what kind it serves is not here. */
export const fileServerRows: readonly Row[] = [
  {
    section: '2',
    title: 'a viewer that comes to the file server, on any path, gets a stream server of its own',
    official: 'with `fileServerProxyViewerConnections` it is passed on to the spawn server, so that only one port must be reachable',
    verdict: 'same',
    needs: ['CONTRACT_FILE_SERVER_URL'],
    check: async (t, target) => {
      for (const path of ['', '/', '/any/path', '?renderingLocation=csr', '/any/path?renderingLocation=ssr']) await visit(socketUrl(fileServer(target)) + path)
      t.pass('each was let in')
    }
  },
  {
    section: '2',
    title: 'path, query, sub-protocol and renderingLocation by way of the file server',
    official: 'as on the spawn server',
    verdict: 'same',
    own: true,
    needs: ['CONTRACT_FILE_SERVER_URL'],
    check: async (t, target) => {
      const url = socketUrl(fileServer(target))
      t.same(await greeted(`${url}/any/hello?renderingLocation=csr&x=%20y`, ['binary']), { path: '/any/hello?renderingLocation=csr&x=%20y', protocol: 'binary' })
      t.equal((await greeted(`${url}/hello`)).protocol, null)
      const viewer = await enter(`${url}/?renderingLocation=ssr`)
      const { body } = await ask(target, 'GET', '/api/spawns')
      const renderers = await Promise.all((body['spawns'] as Array<{ id: string }>).map(async ({ id }) => (await ask(target, 'GET', `/api/spawns/${id}`)).body['renderer']))
      t.ok(renderers.includes('ssr'))
      viewer.close()
      await once(viewer, 'close')
    }
  },
  {
    section: '2',
    title: 'a viewer that cannot be served by way of the file server is told why',
    official: 'the spawn server’s bare status line, passed on',
    verdict: 'better',
    why: 'as on the main port: a well-formed answer, for browsers a close code and reason',
    own: true,
    check: async (t, target) => {
      const { files } = await startWith(t, target, { ssrEnabled: false })
      t.match(await refused(`${socketUrl(files)}/?renderingLocation=ssr`), { status: 403, body: { reason: 'Invalid rendering location' } })
    }
  },
  {
    section: '2',
    title: 'fileServerProxyViewerConnections is false',
    official: 'an upgrade on the file server is a request for a file',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const { service, files } = await startWith(t, target, { fileServerProxyViewerConnections: false })
      t.match(await refused(`${socketUrl(files)}/nothing`), { status: 404 })
      await visit(socketUrl(service))
    }
  },
  {
    section: '5.10',
    title: 'the file server has files and nothing of the API',
    official: '404 for what is no file',
    verdict: 'same',
    needs: ['CONTRACT_FILE_SERVER_URL'],
    check: async (t, target) => {
      for (const path of ['/nothing', '/api/status', '/api/spawns', '/api/help']) t.equal((await ask(fileServer(target), 'GET', path)).status, 404, path)
      for (const path of ['/api/spawn', '/service', '/api/shutdown']) t.equal((await ask(fileServer(target), 'POST', path)).status, 404, path)
    }
  },
  {
    section: '5.10',
    title: 'the static folders are tried in order, and none of them is listed',
    official: '`fileServerStaticDirs`, the first that has the file; no listing',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const sites = t.testdir({ first: { 'a.txt': 'first', folder: { 'b.txt': 'in a folder' } }, second: { 'a.txt': 'second', 'c.txt': 'second alone', folder: { 'd.txt': 'both have the folder' } } })
      const { files } = await startWith(t, target, { fileServerStaticDirs: [`${sites}/first`, `${sites}/second`] })
      const text = async (path: string) => (await ask(files, 'GET', path)).text
      t.same(await Promise.all(['/a.txt', '/c.txt', '/folder/b.txt', '/folder/d.txt'].map(text)), ['first', 'second alone', 'in a folder', 'both have the folder'])
      for (const path of ['/', '/folder/', '/folder']) t.equal((await ask(files, 'GET', path)).status, 404, path)
    }
  },
  {
    section: '5.10',
    title: 'a path that leads out of the static folders',
    official: 'not served',
    verdict: 'same',
    needs: ['CONTRACT_FILE_SERVER_URL'],
    check: async (t, target) => {
      for (const path of ['/%2e%2e/licence.txt', '/..%2flicence.txt', '/%2e%2e%2f%2e%2e%2fetc/passwd', '//etc/passwd']) {
        const { status } = await ask(fileServer(target), 'GET', path)
        t.ok([400, 403, 404].includes(status), `${path}: ${status}`)
      }
    }
  },
  {
    section: '5.10',
    title: 'which pages may read the files is configurable',
    official: '`fileServerAccessControlAllowOriginHeader`, default `*`, a header alone',
    verdict: 'better',
    why: 'a page of another origin gets no viewer there either',
    own: true,
    needs: ['CONTRACT_FILE_SERVER_URL'],
    check: async (t, target) => {
      const origin = async (files: Target) => (await ask(files, 'GET', '/nothing', undefined, { origin: 'https://plm.example' })).headers.get('access-control-allow-origin')
      t.equal(await origin(fileServer(target)), '*')
      const { files } = await startWith(t, target, { fileServerAccessControlAllowOriginHeader: 'https://plm.example' })
      t.equal(await origin(files), 'https://plm.example')
      const stranger = new WebSocket(socketUrl(files), { origin: 'https://evil.example' })
      t.match(await once(stranger, 'close'), [4403])
      const page = await enter(socketUrl(files), [], { origin: 'https://plm.example' })
      page.close()
      await once(page, 'close')
    }
  }
]

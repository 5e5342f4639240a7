import type { Test } from 'tap'
import { portRange } from '../fixtures/leak-check.ts'
import { addressOf, ask, type Row, type Target } from './contract.ts'

const types: ReadonlyArray<readonly [name: string, type: RegExp]> = [
  ['hoops-web-viewer.mjs', /^text\/javascript/],
  ['hoops-web-viewer.iife.js', /^(text|application)\/javascript/],
  ['engine.esm.wasm', /^application\/wasm$/],
  ['model.scs', /^application\/octet-stream$/],
  ['model.scz', /^application\/octet-stream$/]
]

/** A service with a file server on a port of its own, which has these files. */
async function fileServer (t: Test, target: Target): Promise<Target> {
  const folder = t.testdir(Object.fromEntries(types.map(([name]) => [name, '0123456789'])))
  const service = await target.start(t, { fileServerPort: await portRange(1), fileServerStaticDirs: [folder] })
  return { ...service, url: addressOf(service, 'CONTRACT_FILE_SERVER_URL') }
}

/** How files are served (5.10), and what the viewer needs of whoever serves them (7.4). */
export const fileRows: readonly Row[] = [
  {
    section: '5.10',
    title: 'parts of files, and what a browser has already',
    official: 'ranges and ETag of Express',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const files = await fileServer(t, target)
      const whole = await ask(files, 'GET', '/model.scs')
      t.equal(whole.headers.get('accept-ranges'), 'bytes')
      const part = await ask(files, 'GET', '/model.scs', undefined, { range: 'bytes=2-4' })
      t.match({ status: part.status, text: part.text, range: part.headers.get('content-range'), length: part.headers.get('content-length') }, { status: 206, text: '234', range: 'bytes 2-4/10', length: '3' })
      t.equal((await ask(files, 'GET', '/model.scs', undefined, { range: 'bytes=10-' })).status, 416)
      // Without a word about caches, fetch would say `no-cache` itself.
      const known = { 'if-none-match': whole.headers.get('etag') ?? '', 'cache-control': 'max-age=0' }
      t.equal((await ask(files, 'GET', '/model.scs', undefined, known)).status, 304)
    }
  },
  {
    section: '7.4',
    title: 'types of the viewer’s files and of models',
    official: 'as the library in it knew them: the SDK’s pages tell what to add for `.mjs`, `.wasm`, `.scs`, `.scz`',
    verdict: 'better',
    why: '`text/javascript`, `application/wasm` and twice `application/octet-stream`, never guessed',
    own: true,
    check: async (t, target) => {
      const files = await fileServer(t, target)
      for (const [name, type] of types) {
        const { status, headers } = await ask(files, 'GET', `/${name}`)
        t.equal(status, 200, name)
        t.match(headers.get('content-type'), type, name)
        t.equal(headers.get('x-content-type-options'), 'nosniff')
      }
    }
  },
  {
    section: '7.4',
    title: 'the length of a file is told, for the viewer’s progress',
    official: '`Content-Length`, for HEAD too',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const files = await fileServer(t, target)
      for (const method of ['GET', 'HEAD']) {
        const { status, headers, text } = await ask(files, method, '/model.scs')
        t.match({ status, length: headers.get('content-length'), encoding: headers.get('transfer-encoding'), text }, { status: 200, length: '10', encoding: null, text: method === 'GET' ? '0123456789' : '' })
      }
    }
  }
]

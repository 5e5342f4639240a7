import t from 'tap'
import { findViewerFiles } from '../../src/viewer/hwv/viewer-files.ts'
import { fileEndpoint, proxyEndpoint, queryOf, spawnedEndpoint, titleOf, wishOf } from '../../src/viewer/hwv/view-wish.ts'

const page = 'https://cad.test/hwv.html?scs=/parts/a.scs'

t.test('what a link asks for', t => {
  t.match(wishOf('?way=proxy&model=engine&renderer=ssr'), { way: 'proxy', model: 'engine', renderer: 'ssr', scs: '', sessionToken: '' })
  t.match(wishOf(''), { way: 'rest', model: '', renderer: 'csr' })
  t.match(wishOf('?scs=/a.scs'), { way: 'scs', scs: '/a.scs' })
  t.match(wishOf('?way=nonsense&renderer=other&model=x&token=secret&sessionToken=secret'), { way: 'rest', renderer: 'csr', sessionToken: '' })
  t.end()
})

t.test('a link is read as it was written, and never has the token in it', t => {
  for (const wish of [
    { way: 'rest', model: 'a b&c=d', scs: '', renderer: 'ssr', sessionToken: '' },
    { way: 'proxy', model: 'ü/é', scs: '', renderer: 'csr', sessionToken: '' },
    { way: 'scs', model: '', scs: '/x?y=1#z.scs', renderer: 'csr', sessionToken: '' }
  ] as const) {
    t.same(wishOf(queryOf(wish)), wish)
    t.notMatch(queryOf({ ...wish, sessionToken: 's3cret' }), /s3cret/)
  }
  t.equal(titleOf({ way: 'scs', model: 'm', scs: '/a/b.scs', renderer: 'csr', sessionToken: '' }), 'b.scs')
  t.end()
})

t.test('endpoints: the proxy’s, the one of a REST answer, and through our own port where a browser would refuse it', t => {
  const wish = wishOf('?way=proxy&renderer=ssr')
  t.equal(proxyEndpoint(wish, page), 'wss://cad.test/?renderingLocation=ssr')
  t.equal(proxyEndpoint(wish, 'http://cad.test:11182/hwv.html'), 'ws://cad.test:11182/?renderingLocation=ssr')
  t.equal(proxyEndpoint(wish, 'https://cad.test/slipway/hwv.html'), 'wss://cad.test/slipway/?renderingLocation=ssr')
  t.equal(spawnedEndpoint('ws://cad.test:11003', page), 'wss://cad.test/wsproxy/11003')
  for (const endpoint of ['wss://cad.test:11003', 'no address']) t.equal(spawnedEndpoint(endpoint, page), endpoint)
  t.equal(spawnedEndpoint('ws://cad.test:11003', 'http://cad.test/'), 'ws://cad.test:11003')
  t.end()
})

t.test('files are those of this service', t => {
  const file = (scs: string) => fileEndpoint({ ...wishOf('?way=scs'), scs }, page)
  t.same(file('/parts/a.scs'), { status: 'found', uri: 'https://cad.test/parts/a.scs' })
  t.same(file('a b.scs'), { status: 'found', uri: 'https://cad.test/a%20b.scs' })
  for (const scs of ['https://evil.test/a.scs', '//evil.test/a.scs', 'javascript:alert(1)', 'data:,x', 'http://cad.test/a.scs', 'http://']) t.match(file(scs), { status: 'refused', words: scs }, scs)
  t.end()
})

t.test('the viewer’s files: the newest kind first, at the top before the folder', async t => {
  const find = async (...there: string[]) => await findViewerFiles(page, async url => there.includes(url.replace('https://cad.test/', '')))
  t.equal(await find(), null)
  t.same(await find('hoops-web-viewer.mjs', 'engine.esm.wasm', 'web_viewer/hoops-web-viewer.mjs', 'hoops_web_viewer.js'), { script: 'https://cad.test/hoops-web-viewer.mjs', kind: 'module', folder: 'https://cad.test', missingEngine: null })
  t.same(await find('web_viewer/hoops-web-viewer.mjs', 'engine.esm.wasm'), { script: 'https://cad.test/web_viewer/hoops-web-viewer.mjs', kind: 'module', folder: 'https://cad.test/web_viewer', missingEngine: 'engine.esm.wasm' })
  t.match(await find('hoops-web-viewer.iife.js', 'hoops-web-viewer-monolith.iife.js'), { script: /viewer\.iife\.js$/, kind: 'script', missingEngine: 'engine.esm.wasm' })
  t.match(await find('hoops-web-viewer-monolith.iife.js'), { kind: 'script', missingEngine: null })
  t.match(await find('hoops_web_viewer.js'), { kind: 'script', missingEngine: 'engine-wasm.js' })
})

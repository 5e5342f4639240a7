import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import errors from '../../plugins/errors.ts'
import staticFiles from '../../plugins/static.ts'
import { loggingApp } from '../fixtures/app-stage.ts'

async function staticStage (t: Test, framedBy = '') {
  const base = t.testdir({
    public: {
      'index.html': '<!doctype html>our page',
      'hwv.html': '<!doctype html>our page for their viewer',
      'embed.html': '<!doctype html>a viewer of ours for other pages',
      'page.css': 'body {}',
      assets: { 'app.mjs': 'export {}', 'index.html': 'a page further down', 'hwv.html': 'no page of ours' },
      empty: {},
      '.env': 'SECRET=1',
      '.git': { config: 'secret' },
      'ten.bin': '0123456789',
      'with space.txt': 'space',
      'percent%20.txt': 'percent',
      'both.txt': 'ours',
      api: { 'file.txt': 'shadow' },
      round: t.fixture('symlink', './assets'),
      'round.css': t.fixture('symlink', './page.css'),
      out: t.fixture('symlink', '../secret'),
      'out%20.txt': t.fixture('symlink', '../secret/secret.txt'),
      'out.txt': t.fixture('symlink', '../secret/secret.txt'),
      'dangling.txt': t.fixture('symlink', './nowhere')
    },
    hwv: { 'engine.wasm': '\0asm', 'hoops-web-viewer.mjs': 'export {}', 'hoops-web-viewer.iife.js': 'var Communicator', 'model.scs': 'scs', 'model.SCZ': 'scz', 'old.hsf': 'hsf', 'part.glb': 'glTF', 'hoops.mjs': 'export {}', 'both.txt': 'theirs', 'other.html': 'their page' },
    last: { 'last.txt': 'last', leak: t.fixture('symlink', '../secret'), 'page.css': t.fixture('symlink', '../secret/secret.txt') },
    secret: { 'secret.txt': 'top secret' },
    'public-beside': { 'x.txt': 'not yours' }
  })
  const { app, log } = loggingApp(t)
  await app.register(errors)
  app.get('/api/known', async () => 'known')
  await app.register(staticFiles, { publicDir: `${base}/public`, dirs: [`${base}/hwv`, `${base}/last`], framedBy })
  await app.ready()
  return { app, log, base }
}

t.test('the page, and what lies beside it', async t => {
  const { app } = await staticStage(t)
  for (const [url, type, body] of [
    ['/', /^text\/html/, /our page/],
    ['/index.html', /^text\/html/, /our page/],
    ['/?model=engine', /^text\/html/, /our page/],
    ['/page.css', /^text\/css/, /body/],
    ['/assets/app.mjs', /^text\/javascript; charset=utf-8$/, /export/],
    ['/assets/', /^text\/html/, /further down/],
    ['/with%20space.txt', /^text\/plain/, /^space$/],
    ['/percent%2520.txt', /^text\/plain/, /^percent$/],
    ['/round.css', /^text\/css/, /body/],
    ['/round/app.mjs', /^text\/javascript/, /export/],
    ['/engine.wasm', /^application\/wasm$/, /asm/],
    ['/model.scs', /^application\/octet-stream$/, /scs/],
    ['/model.SCZ', /^application\/octet-stream$/, /scz/],
    ['/old.hsf', /^application\/octet-stream$/, /hsf/],
    ['/part.glb', /^model\/gltf-binary$/, /glTF/],
    ['/hoops.mjs', /^text\/javascript/, /export/],
    ['/hoops-web-viewer.mjs', /^text\/javascript; charset=utf-8$/, /export/],
    ['/hoops-web-viewer.iife.js', /^(text|application)\/javascript; charset=utf-8$/, /Communicator/],
    ['/hwv.html', /^text\/html/, /their viewer/],
    ['/last.txt', /^text\/plain/, /^last$/],
    ['/both.txt', /^text\/plain/, /^ours$/]
  ] as const) {
    const answer = await app.inject(url)
    t.equal(answer.statusCode, 200, url)
    t.match(answer.headers['content-type'], type, url)
    t.match(answer.body, body, url)
    t.equal(answer.headers['x-content-type-options'], 'nosniff')
    const head = await app.inject({ method: 'HEAD', url })
    t.equal(head.statusCode, 200, `HEAD ${url}`)
    t.equal(head.body, '')
    t.equal(head.headers['content-length'], answer.headers['content-length'])
  }
})

t.test('the policy is on our own page, not on what others bring', async t => {
  const { app } = await staticStage(t)
  for (const url of ['/', '/page.css']) t.match((await app.inject(url)).headers['content-security-policy'], /default-src 'self'/, url)
  for (const url of ['/other.html', '/hoops.mjs', '/last.txt']) t.equal((await app.inject(url)).headers['content-security-policy'], undefined, url)
})

t.test('our page for the HOOPS viewer lets it evaluate code and work in blobs; no other page of ours does, nor may any be framed', async t => {
  const { app } = await staticStage(t)
  const policy = async (url: string) => String((await app.inject(url)).headers['content-security-policy'])
  const lax = await policy('/hwv.html')
  for (const word of [/script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval';/, /worker-src [^;]*blob:/, /img-src [^;]*blob:/, /connect-src 'self'[^;]* ws: wss:/, /frame-ancestors 'self'/, /base-uri 'none'/]) t.match(lax, word)
  t.notMatch(lax, /script-src[^;]*(unsafe-inline|https?:|\*)/)
  for (const url of ['/', '/index.html', '/assets/hwv.html', '/page.css']) {
    const strict = await policy(url)
    t.notMatch(strict, /unsafe-inline|'unsafe-eval'/, url)
    t.match(strict, /frame-ancestors 'self'/)
  }
})

t.test('pages of an origin that may ask for viewers may frame one of ours that is nothing but a viewer', async t => {
  const framing = async (app: FastifyInstance, url: string) => /frame-ancestors ([^;]*);/.exec(String((await app.inject(url)).headers['content-security-policy']))?.[1]
  const { app } = await staticStage(t, 'https://cad.example')
  t.equal(await framing(app, '/embed.html'), "'self' https://cad.example")
  for (const url of ['/', '/hwv.html', '/page.css']) t.equal(await framing(app, url), "'self'", url)
  t.equal(await framing((await staticStage(t)).app, '/embed.html'), "'self'")
})

t.test('a part of a file', async t => {
  const { app } = await staticStage(t)
  const part = async (range: string) => await app.inject({ url: '/ten.bin', headers: { range } })
  for (const [range, body, told] of [['bytes=2-4', '234', 'bytes 2-4/10'], ['bytes=8-', '89', 'bytes 8-9/10'], ['bytes=-1', '9', 'bytes 9-9/10'], ['bytes=0-99', '0123456789', 'bytes 0-9/10']] as const) {
    const answer = await part(range)
    t.equal(answer.statusCode, 206, range)
    t.equal(answer.body, body)
    t.equal(answer.headers['content-range'], told)
    t.equal(answer.headers['content-length'], String(body.length))
  }
  for (const range of ['bytes=10-', 'bytes=50-60']) {
    t.equal((await part(range)).statusCode, 416, range)
  }
  t.equal((await part('lines=1-2')).statusCode, 200, 'a unit nobody knows is ignored')
  t.equal((await app.inject('/ten.bin')).headers['accept-ranges'], 'bytes')
})

t.test('what the browser has already', async t => {
  const { app } = await staticStage(t)
  const { headers } = await app.inject('/page.css')
  t.match(headers, { etag: /./, 'last-modified': /GMT$/, 'cache-control': 'public, max-age=0' })
  const again = await app.inject({ url: '/page.css', headers: { 'if-none-match': headers.etag ?? '' } })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
  t.equal((await app.inject({ url: '/page.css', headers: { 'if-modified-since': headers['last-modified'] ?? '' } })).statusCode, 304)
  t.equal((await app.inject({ url: '/page.css', headers: { 'if-none-match': '"other"' } })).statusCode, 200)
})

for (const [name, urls] of [
  ['a folder is not listed', ['/empty/', '/empty']],
  ['dotfiles are not there', ['/.env', '/.git/config', '/.git/', '/%2eenv', '/%2Egit/config', '/assets/../.env']],
  ['files that are not there', ['/nothing.txt', '/assets/nothing.mjs', '/page.css/', '/page.css/x', '/dangling.txt']],
  ['an unknown path of the API stays with the API', ['/api', '/api/', '/api/file.txt', '/api/nothing', '/%61pi/file.txt', '//api/file.txt', '/api%2ffile.txt', '/x/..%2fapi/file.txt']],
  ['a way out by a symbolic link', ['/out/secret.txt', '/out.txt', '/out%2520.txt', '/leak/secret.txt', '/out/']],
  ['a way out by dots', ['/../secret/secret.txt', '/%2e%2e/secret/secret.txt', '/%2E%2E%2fsecret%2Fsecret.txt', '/..%2fsecret/secret.txt', '/assets/../../secret/secret.txt', '/assets/%2e%2e/%2e%2e/secret/secret.txt',
    '/..%5csecret%5csecret.txt', '/..\\secret\\secret.txt', '/%252e%252e/secret/secret.txt', '/....//secret/secret.txt', '/..;/secret/secret.txt', '/%c0%ae%c0%ae/secret/secret.txt', '/..%00/secret/secret.txt', '//../secret/secret.txt', '/../public-beside/x.txt', '/%2e%2e/public-beside/x.txt']],
  ['a name with a NUL', ['/page.css%00', '/%00', '/page.css%00.txt', '/secret%00.txt']],
  ['a path that cannot be decoded', ['/%', '/%zz', '/%e0%a4%a', '/page%']],
  ['a very long path', [`/${'x'.repeat(5_000)}`, `/${'x/'.repeat(2_000)}`]]
] as const) {
  t.test(`${name}: refused, never an error of ours`, async t => {
    const { app, log } = await staticStage(t)
    for (const url of urls) {
      const answer = await app.inject({ method: 'GET', url })
      t.ok([400, 403, 404, 414].includes(answer.statusCode), `${url.slice(0, 60)}: ${answer.statusCode}`)
      t.match(answer.headers['content-type'], /^application\/json/, 'in our own words')
      t.notMatch(answer.body, /secret=1|top secret|shadow|not yours|\/work|\.tap/i)
    }
    t.same(log.filter(line => line.level >= 50), [])
  })
}

t.test('raw paths on a real socket, which no client library has tidied up, find no way out', async t => {
  const { app } = await staticStage(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  for (const path of ['/../secret/secret.txt', '/assets/../../secret/secret.txt', '/..\\secret\\secret.txt', '/./../secret/secret.txt', '//../secret/secret.txt', 'http://x/../secret/secret.txt']) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const answer = await text(socket)
    t.match(answer, /^HTTP\/1\.1 (400|403|404) /, path)
    t.notMatch(answer, /top secret/)
  }
})

t.test('files are read, not written', async t => {
  const { app } = await staticStage(t)
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
    const answer = await app.inject({ method, url: '/page.css' })
    t.equal(answer.statusCode, 404, method)
    t.match(answer.json(), { code: 'NOT_FOUND' })
  }
})

t.test('routes of the API go before files', async t => {
  const { app } = await staticStage(t)
  t.equal((await app.inject('/api/known')).body, 'known')
  t.match((await app.inject('/api/nothing')).json(), { statusCode: 404, code: 'NOT_FOUND', message: 'There is no GET /api/nothing' })
})

t.test('a bad link in one folder does not hide a good file in another', async t => {
  const { app } = await staticStage(t)
  t.equal((await app.inject('/page.css')).statusCode, 200)
})

t.test('serving more than the page is warned of once, serving the page is not', async t => {
  const { log } = await staticStage(t)
  t.match(log.filter(line => line.level === 40), [{ msg: /meant for development/ }])
  const { app, log: quiet } = loggingApp(t)
  await app.register(staticFiles, { publicDir: t.testdirName, dirs: [], framedBy: '' })
  await app.ready()
  t.same(quiet, [])
})

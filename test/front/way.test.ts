import t from 'tap'
import { readWay } from '../../src/front/way.ts'

t.test('where a path leads', async t => {
  for (const [path, way] of [
    ['/', { to: 'new' }],
    ['/any/path', { to: 'new' }],
    ['/settings', { to: 'new' }],
    ['/wsproxyish', { to: 'new' }],
    ['/wsproxy/11005', { to: 'port', port: 11_005, rest: '/' }],
    ['/wsproxy/11005/deep/path', { to: 'port', port: 11_005, rest: '/deep/path' }],
    ['/s/abc', { to: 'token', token: 'abc', rest: '/' }],
    ['/s/abc/deep', { to: 'token', token: 'abc', rest: '/deep' }],
    ['/s', { to: 'token', token: '', rest: '/' }],
    ['/wsproxy', { to: 'nowhere' }],
    ['/wsproxy/x', { to: 'nowhere' }],
    ['/wsproxy/110051', { to: 'nowhere' }],
    ['/wsproxy/-1', { to: 'nowhere' }],
    ['/api/spawn', { to: 'nowhere' }],
    ['/api', { to: 'nowhere' }]
  ] as const) t.match(readWay(path), way, path)
})

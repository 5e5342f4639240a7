import t from 'tap'
import { readCatalogue } from '../../src/viewer/model-catalogue.ts'
import { age, amount, bytes, duration } from '../../src/viewer/quantities.ts'

t.test('quantities are said as people read them', async t => {
  t.strictSame([0, 999, 43_100, 999_960, 1_180_152].map(bytes), ['0 B', '999 B', '43.1 kB', '1.0 MB', '1.2 MB'])
  t.strictSame([317, 129_466, 1_260_974].map(amount), ['317', '129.5 k', '1.26 M'])
  t.strictSame([84, 999.6, 1290].map(duration), ['84 ms', '1000 ms', '1.3 s'])
  t.strictSame([-5, 8_900, 200_000, 7_500_000].map(age), ['0 s', '8 s', '3 min 20 s', '2 h 5 min'])
})

t.test('the catalogue names the models and only renderers that this page knows', async t => {
  t.strictSame(readCatalogue({ streamServer: 'embedded', renderers: ['csr', 'later'], models: [{ name: 'bench' }, { name: 7 }, null] }),
    { streamServer: 'embedded', renderers: ['csr'], models: ['bench'] })
  t.match(readCatalogue({ streamServer: 'ts3d_sc_server', renderers: ['ssr', 'csr'], models: [] }), { streamServer: 'ts3d_sc_server', renderers: ['csr', 'ssr'] })
  t.same(readCatalogue({ renderers: ['csr', 'single'], singleFile: true, models: [], upload: { bytes: 7, endings: ['.glb', 3] } }), { streamServer: 'embedded', renderers: ['csr', 'single'], models: [], upload: { bytes: 7, endings: ['.glb'] } })
  for (const body of [undefined, null, 7, {}, { models: 'bench' }]) t.throws(() => readCatalogue(body), { message: 'The service did not list its models.' })
})

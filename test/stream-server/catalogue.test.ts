import { join } from 'node:path'
import t from 'tap'
import { Catalogue } from '../../src/stream-server/models/catalogue.ts'

t.test('a model is found by its bare name', async t => {
  const folder = t.testdir({ a: { 'pump.glb': '' }, b: { 'pump.glb': '', 'valve v2.1.gltf': '' } })
  const catalogue = new Catalogue([join(folder, 'missing'), join(folder, 'a'), join(folder, 'b')])
  t.equal(await catalogue.find('pump'), join(folder, 'a', 'pump.glb'), 'the first directory wins')
  t.equal(await catalogue.find('valve v2.1'), join(folder, 'b', 'valve v2.1.gltf'))
  t.equal(await catalogue.find('gear'), null)
  t.equal(await new Catalogue([]).find('pump'), null)
})

t.test('no name leads out of the search directories', async t => {
  const folder = t.testdir({
    'secret.glb': '',
    models: { sub: { 'inner.glb': '' }, 'link.glb': t.fixture('symlink', '../secret.glb'), 'near.glb': t.fixture('symlink', 'sub/inner.glb'), up: t.fixture('symlink', '..') },
    'models-other': { 'x.glb': '' }
  })
  const models = join(folder, 'models')
  const catalogue = new Catalogue([models])
  const escapes = ['../secret', '..', '.', '', 'sub/inner', 'sub\\inner', '/etc/passwd', join(folder, 'secret'), 'link', 'up/secret', '../models-other/x', 'secret\0', '.hidden', 'a'.repeat(201), '%2e%2e/secret', 'C:secret']
  for (const name of escapes) t.equal(await catalogue.find(name), null, JSON.stringify(name))
  t.equal(await catalogue.find('near'), join(models, 'sub', 'inner.glb'), 'a link that stays inside is fine')
})

t.test('capital letters in an extension do not matter, and of equal names the first kind counts', async t => {
  const folder = t.testdir({ 'Upper.GLB': '', 'both.gltf': '', 'both.Glb': '', 'pump.txt': '', '.glb': '' })
  const catalogue = new Catalogue([folder])
  t.equal(await catalogue.find('Upper'), join(folder, 'Upper.GLB'))
  t.equal(await catalogue.find('both'), join(folder, 'both.Glb'))
  t.equal(await catalogue.find('upper'), null)
  t.equal(await catalogue.find('pump'), null)
})

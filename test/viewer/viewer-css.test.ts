import { readFileSync } from 'node:fs'
import t from 'tap'

t.test('the viewer’s style sheet bears on nothing else in a page that has it', async t => {
  const css = readFileSync('public/viewer.css', 'utf8').replace(/\/\*[^]*?\*\//g, '')
  const selectors = [...css.matchAll(/([^{};]+)\{/g)].map(([, selector = '']) => selector.trim()).filter(selector => !selector.startsWith('@'))
  t.ok(selectors.length > 40)
  for (const selector of selectors) {
    for (const one of selector.split(/,\s*(?![^()]*\))/)) t.match(one, /^(?::where\()?\.slipway-[a-z]+\b/, one)
  }
})

import { modes } from './modes.ts'
import { required } from './required-element.ts'
import { createViewer } from './viewer.ts'

const wish = new URLSearchParams(location.search)
const model = wish.get('model') ?? ''
const stage = required(document, 'main', HTMLElement)
if (model === '') stage.textContent = 'Name a model in the address: embed.html?model=…'
else {
  document.title = model
  const mode = modes.find(mode => mode === wish.get('mode'))
  createViewer(stage, { model, ...mode !== undefined && { mode }, tools: wish.get('tools') !== 'false' })
}

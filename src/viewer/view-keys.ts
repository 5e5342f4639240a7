import type { Viewpoint } from './viewpoint.ts'

const step = Math.PI / 24
const nearer = 1.2

/** What each key does to the view. Names are those of `KeyboardEvent.key`. */
const actions = new Map<string, (viewpoint: Viewpoint) => void>([
  ['ArrowLeft', viewpoint => { viewpoint.orbit(step, 0) }],
  ['ArrowRight', viewpoint => { viewpoint.orbit(-step, 0) }],
  ['ArrowUp', viewpoint => { viewpoint.orbit(0, step) }],
  ['ArrowDown', viewpoint => { viewpoint.orbit(0, -step) }],
  ['+', viewpoint => { viewpoint.zoom(nearer) }],
  ['=', viewpoint => { viewpoint.zoom(nearer) }],
  ['-', viewpoint => { viewpoint.zoom(1 / nearer) }],
  ['f', viewpoint => { viewpoint.fit() }],
  ['F', viewpoint => { viewpoint.fit() }]
])

/** Lets a focused canvas be driven from the keyboard; the answer stops it. */
export function listenToKeys (canvas: HTMLCanvasElement, viewpoint: Viewpoint): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const action = actions.get(event.key)
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    action(viewpoint)
  }
  canvas.addEventListener('keydown', onKey)
  return () => { canvas.removeEventListener('keydown', onKey) }
}

import type { Stage } from './stage.ts'

/** What keys drive: `Stage`, or one that shows pictures. */
export type KeyDriven = Pick<Stage, 'orbit' | 'zoom' | 'fit'>

const step = Math.PI / 24
const nearer = 1.2

/** What each key does to the view. Names are those of `KeyboardEvent.key`. */
const actions = new Map<string, (stage: KeyDriven) => void>([
  ['ArrowLeft', stage => { stage.orbit(step, 0) }],
  ['ArrowRight', stage => { stage.orbit(-step, 0) }],
  ['ArrowUp', stage => { stage.orbit(0, step) }],
  ['ArrowDown', stage => { stage.orbit(0, -step) }],
  ['+', stage => { stage.zoom(nearer) }],
  ['=', stage => { stage.zoom(nearer) }],
  ['-', stage => { stage.zoom(1 / nearer) }],
  ['f', stage => { stage.fit() }],
  ['F', stage => { stage.fit() }]
])

/** Lets a focused canvas be driven from the keyboard; the answer stops it. */
export function listenToKeys (canvas: HTMLCanvasElement, stage: KeyDriven): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const action = actions.get(event.key)
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    action(stage)
  }
  canvas.addEventListener('keydown', onKey)
  return () => { canvas.removeEventListener('keydown', onKey) }
}

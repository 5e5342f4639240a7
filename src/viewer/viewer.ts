import { systemClock } from '../clock.ts'
import type { createViewer as Declared, Viewer, ViewerOptions } from './api.ts'
import { HostedViewer } from './hosted-viewer.ts'
import { keptHere } from './kept-here.ts'

export const createViewer: typeof Declared = (element: HTMLElement, options: ViewerOptions = {}): Viewer => {
  const viewer = new HostedViewer(element, options, systemClock, keptHere())
  if (options.model !== undefined) viewer.load(options.model).catch(() => {})
  addEventListener('pagehide', () => { viewer.depart() })
  addEventListener('pageshow', ({ persisted }) => { if (persisted) viewer.comeBack() })
  return viewer
}

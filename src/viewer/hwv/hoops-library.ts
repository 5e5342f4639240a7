import type { ViewerFiles } from './viewer-files.ts'

/** What this page uses of Tech Soft 3D's viewer, as documented for its 2025.1 generation. */
export interface HoopsViewer {
  setCallbacks: (callbacks: HoopsCallbacks) => void
  start: () => unknown
  shutdown: () => unknown
  resetClientTimeout?: () => void
  resizeCanvas?: () => void
}

export interface HoopsOptions {
  containerId: string
  endpointUri: string
  enginePath: string
  rendererType: number
  model?: string
  sessionToken?: string
}

export interface HoopsCallbacks {
  sceneReady: () => void
  modelStructureReady: () => void
  firstModelLoaded: () => void
  modelLoadFailure: (model: unknown, reason: unknown) => void
  missingModel: (path: unknown) => void
  timeoutWarning: (minutesRemaining: unknown) => void
  timeout: () => void
  websocketConnectionClosed: () => void
  webGlContextLost: () => void
}

export interface HoopsLibrary {
  WebViewer: new (options: HoopsOptions) => HoopsViewer
  RendererType?: { Client: number, Server: number }
}

/** Loads the viewer's code. @throws Error in words */
export async function loadHoops ({ script, kind }: ViewerFiles): Promise<HoopsLibrary> {
  const name = new URL(script).pathname
  const found: unknown = await (kind === 'module' ? import(script) : loadScript(script)).catch((error: unknown) => {
    throw new Error(`The browser could not run ${name}. Its console says more.`, { cause: error })
  })
  if (!isLibrary(found)) throw new Error(`${name} brings no WebViewer: it is not the HOOPS Web Viewer, or of a kind this page does not know.`)
  return found
}

async function loadScript (src: string): Promise<unknown> {
  await new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement('script'), { src })
    element.addEventListener('load', resolve)
    element.addEventListener('error', reject)
    document.head.append(element)
  })
  return Reflect.get(globalThis, 'Communicator')
}

function isLibrary (found: unknown): found is HoopsLibrary {
  return typeof found === 'object' && found !== null && 'WebViewer' in found && typeof found.WebViewer === 'function'
}

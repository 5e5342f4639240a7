/** Where the HOOPS Web Viewer's files were found on this service. */
export interface ViewerFiles {
  /** Absolute address of the viewer's code. */
  script: string
  /** A module is imported; a script of the older kinds leaves the global `Communicator`. */
  kind: 'module' | 'script'
  /** Absolute address of the folder that its engine is fetched from, without a slash at its end. */
  folder: string
  /** Name of the engine's file if it should be beside the code and is not. */
  missingEngine: string | null
}

/** Folders below this page, in the order of preference. */
const viewerFolders = ['./', 'web_viewer/'] as const

/** The viewer's code by generation, the newest first, with the engine's file that it needs beside it. */
export const viewerScripts = [
  { name: 'hoops-web-viewer.mjs', kind: 'module', engine: 'engine.esm.wasm' },
  { name: 'hoops-web-viewer.iife.js', kind: 'script', engine: 'engine.esm.wasm' },
  { name: 'hoops-web-viewer-monolith.iife.js', kind: 'script', engine: null },
  { name: 'hoops_web_viewer.js', kind: 'script', engine: 'engine-wasm.js' }
] as const

/** Looks for the viewer's files around the page at `page`; null: they are not there. `isThere` asks for one address. */
export async function findViewerFiles (page: string, isThere: (url: string) => Promise<boolean> = headSays): Promise<ViewerFiles | null> {
  const candidates = viewerScripts.flatMap(script => viewerFolders.map(folder => ({ ...script, folder: new URL(folder, page) })))
  const found = await Promise.all(candidates.map(async ({ name, folder }) => await isThere(new URL(name, folder).href)))
  const first = candidates.find((_candidate, index) => found[index])
  if (first === undefined) return null
  const { name, kind, engine, folder } = first
  return {
    script: new URL(name, folder).href,
    kind,
    folder: folder.href.replace(/\/$/, ''),
    missingEngine: engine === null || await isThere(new URL(engine, folder).href) ? null : engine
  }
}

/** Whether there is a file at this address, without fetching it. */
export async function headSays (url: string): Promise<boolean> {
  return await fetch(url, { method: 'HEAD' }).then(({ ok }) => ok, () => false)
}

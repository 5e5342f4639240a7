import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NodeIO, type Document, type Node } from '@gltf-transform/core'
import { ALL_EXTENSIONS } from '@gltf-transform/extensions'
import { MeshoptDecoder, MeshoptEncoder } from 'meshoptimizer'

/** Writes `<folder>/<name>.glb`: the sample assembly `units` times in a row, its parts shared. */
export async function writeLine (sample: string, folder: string, name: string, units: number): Promise<void> {
  await Promise.all([MeshoptDecoder.ready, MeshoptEncoder.ready])
  const io = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder, 'meshopt.encoder': MeshoptEncoder })
  const document = await io.read(sample)
  const scene = document.getRoot().getDefaultScene() ?? document.getRoot().listScenes()[0]
  if (scene === undefined) throw new Error(`${sample} has no scene`)
  const originals = scene.listChildren()
  for (let unit = 1; unit < units; unit++) {
    const place = document.createNode(`unit ${unit + 1}`).setTranslation([unit * 2.5, 0, 0])
    for (const original of originals) place.addChild(copy(document, original))
    scene.addChild(place)
  }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${name}.glb`), await io.writeBinary(document))
}

function copy (document: Document, node: Node): Node {
  const twin = document.createNode(node.getName()).setMatrix(node.getMatrix()).setMesh(node.getMesh())
  for (const extension of node.listExtensions()) twin.setExtension(extension.extensionName, extension)
  for (const child of node.listChildren()) twin.addChild(copy(document, child))
  return twin
}

/** The extensions of the files that can be prepared, in small letters. Of files that differ in nothing else, the first counts. */
export const modelExtensions: readonly string[] = ['.glb', '.gltf', '.step', '.stp', '.iges', '.igs', '.brep', '.3mf', '.obj', '.ply', '.stl']

// Makes models/drive-unit.glb, the assembly that the service shows out of the box: `npm run model`.
// Its geometry is computed here from nothing, so it is ours to give away.
import { statSync } from 'node:fs'
import { driveUnit } from './sample-model/assembly.ts'
import { writeModel } from './sample-model/write.ts'

const path = process.argv[2] ?? 'models/drive-unit.glb'
const { parts, instances, triangles, uniqueTriangles } = await writeModel(driveUnit(), path)
const count = (value: number) => value.toLocaleString('en')
console.log(`${path}: ${parts} parts, ${instances} instances, ${count(triangles)} triangles (${count(uniqueTriangles)} unique), ${count(statSync(path).size)} bytes`)

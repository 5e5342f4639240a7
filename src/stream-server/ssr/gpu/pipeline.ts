import { adornmentStride } from './mesh.ts'
import { adornedShader, shader } from './shader.ts'

const corners: GPUVertexBufferLayout[] = [
  { arrayStride: 8, attributes: [{ shaderLocation: 0, offset: 0, format: 'sint16x4' }] },
  { arrayStride: 4, attributes: [{ shaderLocation: 1, offset: 0, format: 'sint8x4' }] }
]
const adornments: GPUVertexBufferLayout = {
  arrayStride: adornmentStride,
  attributes: [{ shaderLocation: 2, offset: 0, format: 'float32x2' }, { shaderLocation: 3, offset: 8, format: 'unorm8x4' }]
}

/** The way from a mesh and its figures to the plates of a canvas. Rejects when the device does not take it. */
export async function pipelineOf (device: GPUDevice): Promise<GPURenderPipeline> {
  return await device.createRenderPipelineAsync(wayOf(device, shader, corners))
}

/** The same for meshes that are adorned. */
export function adornedPipelineOf (device: GPUDevice): GPURenderPipeline {
  return device.createRenderPipeline(wayOf(device, adornedShader, [...corners, adornments]))
}

function wayOf (device: GPUDevice, code: string, buffers: GPUVertexBufferLayout[]): GPURenderPipelineDescriptor {
  const module = device.createShaderModule({ code })
  return {
    layout: 'auto',
    vertex: { module, entryPoint: 'place', buffers },
    fragment: { module, entryPoint: 'fill', targets: [{ format: 'rgba8unorm' }, { format: 'r32uint' }] },
    primitive: { topology: 'triangle-list', frontFace: 'ccw', cullMode: 'none' },
    depthStencil: { format: 'depth32float', depthWriteEnabled: true, depthCompare: 'greater' }
  }
}

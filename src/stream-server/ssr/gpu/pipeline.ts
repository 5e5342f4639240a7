import { shader } from './shader.ts'

/** The way from a mesh and its figures to the plates of a canvas. Rejects when the device does not take it. */
export async function pipelineOf (device: GPUDevice): Promise<GPURenderPipeline> {
  const module = device.createShaderModule({ code: shader })
  return await device.createRenderPipelineAsync({
    layout: 'auto',
    vertex: {
      module,
      entryPoint: 'place',
      buffers: [
        { arrayStride: 8, attributes: [{ shaderLocation: 0, offset: 0, format: 'sint16x4' }] },
        { arrayStride: 4, attributes: [{ shaderLocation: 1, offset: 0, format: 'sint8x4' }] }
      ]
    },
    fragment: { module, entryPoint: 'fill', targets: [{ format: 'rgba8unorm' }, { format: 'r32uint' }] },
    primitive: { topology: 'triangle-list', frontFace: 'ccw', cullMode: 'none' },
    depthStencil: { format: 'depth32float', depthWriteEnabled: true, depthCompare: 'greater' }
  })
}

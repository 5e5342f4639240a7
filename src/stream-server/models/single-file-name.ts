/** The whole model as one GLB, beside the pack it was made of; rises with what is in it. */
export const singleFileName = 'single-1.glb'

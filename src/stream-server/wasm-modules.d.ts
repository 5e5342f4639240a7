declare module 'draco3dgltf' {
  const library: { createDecoderModule (): Promise<unknown> }
  export default library
}

declare module 'occt-import-js' {
  const start: (settings: object) => Promise<import('./preparing/read-cad.ts').CadLibrary>
  export default start
}

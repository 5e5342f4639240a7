let answer: boolean | undefined

/** Whether the browser can draw here: it has WebGL 2. Found out once. */
export function canDraw (): boolean {
  answer ??= ask()
  return answer
}

function ask (): boolean {
  const context = document.createElement('canvas').getContext('webgl2')
  // A browser has few of them: it is given back at once.
  context?.getExtension('WEBGL_lose_context')?.loseContext()
  return context !== null
}

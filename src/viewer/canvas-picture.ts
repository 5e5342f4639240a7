/** What a canvas shows now, as a PNG on a white ground. It must have been drawn in the same task. Fails when the browser cannot make one. */
export async function pictureOf (canvas: HTMLCanvasElement): Promise<Blob> {
  const copy = document.createElement('canvas')
  copy.width = canvas.width
  copy.height = canvas.height
  const context = copy.getContext('2d')
  if (context === null) throw new Error('The browser cannot make a picture.')
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, copy.width, copy.height)
  context.drawImage(canvas, 0, 0)
  return await new Promise((resolve, reject) => {
    copy.toBlob(blob => {
      if (blob === null) reject(new Error('The browser cannot make a picture.'))
      else resolve(blob)
    }, 'image/png')
  })
}

/** The tools' icons: paths of lines in a square of 16. */
const icons = {
  tree: 'M2.5 3h5M5 3v9.5h3M5 7.5h3M8.5 7.5h5M8.5 12.5h5',
  views: 'm8 1.8 5.6 3.1v6.2L8 14.2l-5.6-3.1V4.9zM8 8v6.2M8 8 2.4 4.9M8 8l5.6-3.1',
  section: 'M2.5 4.5h7v9h-7zM12.5 1.5v13M9.5 4.5l3-2M9.5 13.5l3-2',
  explode: 'M6.2 6.2h3.6v3.6H6.2zM5 5 2 2M11 5l3-3M5 11l-3 3M11 11l3 3M2 4.5V2h2.5M11.5 2H14v2.5M14 11.5V14h-2.5M4.5 14H2v-2.5',
  ghost: 'M3 14V7a5 5 0 0 1 10 0v7l-2.5-1.8L8 14l-2.5-1.8zM6.2 7v.6M9.8 7v.6',
  edges: 'M3 5.5 8 3l5 2.5v5L8 13l-5-2.5zM3 5.5 8 8l5-2.5M8 8v5',
  measure: 'm1.8 10.8 9-9 3.4 3.4-9 9zM4.5 8.2l1.6 1.6M7 5.6l1.6 1.6M9.6 3l1.6 1.6',
  show: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6',
  hide: 'M2 2l12 12M4 4.8A12 12 0 0 0 1.5 8S4 12.5 8 12.5c1 0 2-.3 2.8-.7M6.6 3.7A6 6 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a12 12 0 0 1-1.7 2.2',
  isolate: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2',
  picture: 'M2 4.8h3L6.2 3h3.6L11 4.8h3v8H2zM8 6.6a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4',
  fit: 'M2 5.5V2h3.5M10.5 2H14v3.5M14 10.5V14h-3.5M5.5 14H2v-3.5M5.5 5.5h5v5h-5z',
  clear: 'm4 4 8 8M12 4l-8 8',
  more: 'M3 4.5h10M3 8h10M3 11.5h10'
}
export type Icon = keyof typeof icons

/** An element with a class and what is in it; texts are never read as markup. */
export function element<Name extends keyof HTMLElementTagNameMap> (name: Name, className: string, ...inside: Array<Node | string>): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (className !== '') made.className = className
  made.append(...inside)
  return made
}

/** A button that shows an icon and is called `label`. */
export function iconButton (icon: Icon, label: string, pressed: () => void): HTMLButtonElement {
  const button = element('button', 'icon', drawing(icon))
  button.type = 'button'
  button.title = label
  button.setAttribute('aria-label', label)
  button.addEventListener('click', pressed)
  return button
}

/** A slider from 0 to `largest` that is called `label`. */
export function slider (label: string, largest: number, moved: (value: number) => void): HTMLInputElement {
  const input = element('input', '')
  Object.assign(input, { type: 'range', min: '0', max: String(largest), step: 'any', value: '0' })
  input.setAttribute('aria-label', label)
  input.addEventListener('input', () => { moved(input.valueAsNumber) })
  return input
}

function drawing (icon: Icon): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', icons[icon])
  svg.append(path)
  return svg
}

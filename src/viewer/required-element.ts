/** The one element below `root` that the page's markup promises; throws when markup and code have parted ways. */
export function required<Kind extends Element> (root: ParentNode, selector: string, kind: new () => Kind): Kind {
  const element = root.querySelector(selector)
  if (!(element instanceof kind)) throw new Error(`The page lacks ${selector}.`)
  return element
}

/** A fresh copy of the only element in a `<template>`. */
export function fromTemplate (id: string): HTMLElement {
  const copy = required(document, `template#${id}`, HTMLTemplateElement).content.firstElementChild?.cloneNode(true)
  if (!(copy instanceof HTMLElement)) throw new Error(`The template ${id} is empty.`)
  return copy
}

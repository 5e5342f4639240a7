/** What a part is made of, and the paint shop. */
import type { Solid } from './shapes.ts'

export interface Finish {
  /** sRGB, `#rrggbb`. */
  color: string
  metallic: number
  roughness: number
  /** 1 is opaque. */
  alpha?: number
}

export interface Part {
  name: string
  finish: Finish
  solid: Solid
}

export const finishes = {
  steel: { color: '#b9bec4', metallic: 0.9, roughness: 0.35 },
  ground: { color: '#d7dade', metallic: 1, roughness: 0.18 },
  black: { color: '#34373b', metallic: 0.75, roughness: 0.45 },
  zinc: { color: '#c6c9bd', metallic: 0.85, roughness: 0.4 },
  brass: { color: '#c9a23e', metallic: 0.9, roughness: 0.3 },
  bronze: { color: '#a9743b', metallic: 0.85, roughness: 0.4 },
  aluminium: { color: '#c9ced4', metallic: 0.7, roughness: 0.4 },
  castIron: { color: '#6a6e73', metallic: 0.5, roughness: 0.65 },
  motorBlue: { color: '#1f5c9e', metallic: 0.15, roughness: 0.45 },
  gearGrey: { color: '#8796a5', metallic: 0.2, roughness: 0.5 },
  frameGrey: { color: '#3b4148', metallic: 0.2, roughness: 0.6 },
  safety: { color: '#f2b81d', metallic: 0.1, roughness: 0.45 },
  orange: { color: '#e0611b', metallic: 0, roughness: 0.6 },
  red: { color: '#b5231f', metallic: 0.1, roughness: 0.4 },
  plastic: { color: '#22262a', metallic: 0, roughness: 0.55 },
  glass: { color: '#bfd9e6', metallic: 0, roughness: 0.1, alpha: 0.28 }
} satisfies Record<string, Finish>

export function part (name: string, finish: Finish, solid: Solid): Part {
  return { name, finish, solid }
}

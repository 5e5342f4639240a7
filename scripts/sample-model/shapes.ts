/** Solids in millimetres, Z up; round things stand on z = 0 with their axis along Z. */
import Module from 'manifold-3d'
import type { CrossSection as Section, Manifold as Solid, Vec2, Vec3 } from 'manifold-3d'

const kernel = await Module()
kernel.setup()
kernel.setMinCircularEdgeLength(0.8)
kernel.setMinCircularAngle(6)
export const { Manifold, CrossSection } = kernel
export type { Section, Solid, Vec2, Vec3 }

/** Turns a half profile of (radius, height) points about the Z axis. */
export function turned (profile: Vec2[], segments = 64): Solid {
  return new CrossSection([profile], 'NonZero').revolve(segments)
}

export function rod (radius: number, height: number, segments = 48): Solid {
  return Manifold.cylinder(height, radius, radius, segments)
}

/** A rod with its upper and lower edges broken by `chamfer`. */
export function chamferedRod (radius: number, height: number, chamfer: number, segments = 64): Solid {
  return turned([[0, 0], [radius - chamfer, 0], [radius, chamfer], [radius, height - chamfer], [radius - chamfer, height], [0, height]], segments)
}

export function tube (outer: number, inner: number, height: number, segments = 64): Solid {
  const broken = Math.min(1, (outer - inner) / 4)
  return turned([[inner, 0], [outer - broken, 0], [outer, broken], [outer, height - broken], [outer - broken, height], [inner, height]], segments)
}

/** A block standing on z = 0, centred in X and Y, its vertical edges rounded. */
export function block (x: number, y: number, z: number, radius = 4): Solid {
  return roundedSection(x, y, radius).extrude(z)
}

export function roundedSection (x: number, y: number, radius: number): Section {
  return CrossSection.square([x - 2 * radius, y - 2 * radius], true).offset(radius, 'Round', 2, 24)
}

/** `count` copies of a solid about the Z axis. */
export function around (count: number, solid: Solid, startDegrees = 0): Solid {
  return Manifold.union(Array.from({ length: count }, (_, i) => solid.rotate(0, 0, startDegrees + i * 360 / count)))
}

/** Copies of a solid at the given points. */
export function atEach (points: Vec3[], solid: Solid): Solid {
  return Manifold.union(points.map(point => solid.translate(point)))
}

/** The four corners of a rectangle of holes. */
export function corners (x: number, y: number, z = 0): Vec3[] {
  return [[-x / 2, -y / 2, z], [x / 2, -y / 2, z], [x / 2, y / 2, z], [-x / 2, y / 2, z]]
}

/** A screw thread: an eccentric disc pulled up while it turns, which leaves a helical ridge. */
export function thread (diameter: number, pitch: number, length: number, segments = 13): Solid {
  const depth = pitch * 0.54
  const turns = length / pitch
  return CrossSection.circle(diameter / 2 - depth / 2, segments).translate(depth / 2, 0)
    .extrude(length, Math.round(turns * 15), turns * 360)
}

export function hexagon (acrossFlats: number): Section {
  return CrossSection.circle(acrossFlats / Math.sqrt(3), 6)
}

/** A hexagon head or nut blank with the usual 30° chamfer on top. */
export function hexPrism (acrossFlats: number, height: number): Solid {
  const flat = acrossFlats * 0.475
  const corner = acrossFlats * 0.6
  const rise = (corner - flat) * Math.tan(Math.PI / 6)
  return hexagon(acrossFlats).extrude(height).intersect(turned([[0, 0], [corner, 0], [corner, height - rise], [flat, height], [0, height]], 48))
}

/** A helical involute gear. */
export function gear (teeth: number, module: number, width: number, bore: number, twistDegrees: number): Solid {
  const pressure = 20 * Math.PI / 180
  const pitch = teeth * module / 2
  const base = pitch * Math.cos(pressure)
  const tip = pitch + module
  const root = pitch - 1.25 * module
  const involute = (r: number) => { const a = Math.acos(Math.min(1, base / r)); return Math.tan(a) - a }
  const half = Math.PI / (2 * teeth) + involute(pitch)
  const outline: Vec2[] = []
  const point = (r: number, angle: number) => outline.push([r * Math.cos(angle), r * Math.sin(angle)])
  const low = Math.max(base, root)
  const radii = Array.from({ length: 7 }, (_, i) => low + (tip - low) * i / 6)
  for (let tooth = 0; tooth < teeth; tooth++) {
    const middle = tooth * 2 * Math.PI / teeth
    point(root, middle - half - 0.12 / teeth)
    for (const r of radii) point(r, middle - half + involute(r))
    for (const r of radii.toReversed()) point(r, middle + half - involute(r))
    point(root, middle + half + 0.12 / teeth)
  }
  const blank = new CrossSection([outline]).extrude(width, 10, twistDegrees)
  return blank.subtract(rod(bore, width + 2).translate(0, 0, -1))
}

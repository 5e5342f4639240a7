/** Plate, frame, guards and the gearbox casing. */
import { axisHeight } from './machine.ts'
import { finishes, part } from './parts.ts'
import { CrossSection, Manifold, around, atEach, block, chamferedRod, corners, gear, hexPrism, rod, roundedSection, thread, tube, turned } from './shapes.ts'
import type { Vec2, Vec3 } from './shapes.ts'

export const plateLength = 1560
export const plateWidth = 560
export const wheelOffset = 124

const slot: Vec2[] = [[-7, 0], [-7, -14], [-14, -14], [-14, -26], [14, -26], [14, -14], [7, -14], [7, 0]]
const plateProfile = () => CrossSection.square([plateWidth, 50], true).translate(0, -25)
  .subtract(CrossSection.union([-210, -126, -42, 42, 126, 210].map(y => new CrossSection([slot], 'NonZero').translate(y, 1))))
export const plateScrews: Vec3[] = [-720, -432, -144, 144, 432, 720].flatMap(x => [[x, -250, 0], [x, 250, 0]] as Vec3[])
export const basePlate = part('Base plate', finishes.steel, plateProfile().extrude(plateLength).rotate(90, 0, 90).translate(-plateLength / 2, 0, 0)
  .subtract(atEach(plateScrews, rod(4.4, 80, 24).translate(0, 0, -70).add(rod(7, 20, 32).translate(0, 0, -9)))))
const hollow = () => roundedSection(80, 80, 8).subtract(roundedSection(68, 68, 4))
export const longBeam = part('Frame beam long', finishes.frameGrey, hollow().extrude(plateLength).rotate(0, 90, 0).translate(-plateLength / 2, 0, 0))
export const crossBeam = part('Frame beam cross', finishes.frameGrey, hollow().extrude(plateWidth - 160).rotate(90, 0, 0).translate(0, plateWidth / 2 - 80, 0))
export const levellingFoot = part('Levelling foot', finishes.zinc, Manifold.union([
  turned([[0, 0], [38, 0], [38, 8], [16, 16], [12, 22], [0, 22]], 72), thread(16, 2, 62, 14).translate(0, 0, 20), hexPrism(24, 10).translate(0, 0, 48)
]))
export const handle = part('Emergency stop', finishes.red, turned([[0, 20], [10, 20], [10, 34], [24, 36], [28, 42], [24, 50], [0, 54]], 72).add(tube(18, 8, 20)))
export const stopPost = part('Operator post', finishes.safety, block(60, 60, 10, 8).add(block(30, 30, 240, 4)).add(block(70, 50, 80, 8).translate(0, 0, 210)).subtract(atEach(corners(42, 42), rod(3.4, 40).translate(0, 0, -2))))

/** Perforated half tube over a coupling, with feet; the axis lies at z = 0 along Z. */
export const couplingGuard = part('Coupling guard', finishes.safety, (() => {
  const shell = CrossSection.circle(70, 96).subtract(CrossSection.circle(67.5, 96)).subtract(CrossSection.square([300, 200], true).translate(0, -100))
  const legs = CrossSection.square([2.5, 90], true).translate(68.75, -45).add(CrossSection.square([2.5, 90], true).translate(-68.75, -45))
  const holes = Manifold.union([16, 32, 48, 64, 80, 96, 112].map((z, i) => around(24, rod(5, 30, 6).translate(0, 0, 55).rotate(0, 90, 0).translate(0, 0, z), (i % 2) * 7.5)))
  return shell.add(legs).extrude(128).subtract(holes)
})())

export const gearboxLength = 250
export const gearboxWidth = 400
const casing = (height: number, wall: number) => block(gearboxLength, gearboxWidth, height, 26).subtract(block(gearboxLength - 2 * wall, gearboxWidth - 2 * wall, height, 18).translate(0, 0, wall))
const axes: number[] = [-wheelOffset / 2, wheelOffset / 2]
const across = (radius: number) => Manifold.union(axes.map(y => rod(radius, gearboxLength + 100, 96).rotate(0, 90, 0).translate(-(gearboxLength + 100) / 2, y, axisHeight)))
const ends = (radius: number, width: number) => Manifold.union(axes.flatMap(y => [-1, 1].map(side => rod(radius, width, 96).translate(0, 0, -width / 2).rotate(0, 90, 0).translate(side * (gearboxLength / 2 - width / 2 + 8), y, axisHeight))))
export const flangeBolts: Vec3[] = [-150, -90, -30, 30, 90, 150].flatMap(y => [[-gearboxLength / 2 - 16, y * 1.13, axisHeight], [gearboxLength / 2 + 16, y * 1.13, axisHeight]] as Vec3[])
  .concat([-75, 0, 75].flatMap(x => [[x, -gearboxWidth / 2 - 16, axisHeight], [x, gearboxWidth / 2 + 16, axisHeight]] as Vec3[]))
  .filter(([x, y]) => Math.abs(x) < gearboxLength / 2 || axes.every(axis => Math.abs(y - axis) > 58) || Math.abs(y) > 150)
export const gearboxFeet: Vec3[] = corners(gearboxLength + 46, gearboxWidth - 60, 20).concat([[-gearboxLength / 2 - 23, 0, 20], [gearboxLength / 2 + 23, 0, 20]])
const flange = () => block(gearboxLength + 64, gearboxWidth + 64, 16, 30).subtract(block(gearboxLength - 28, gearboxWidth - 28, 40, 18).translate(0, 0, -10))
const boltHoles = () => atEach(flangeBolts, rod(6.6, 80, 24).translate(0, 0, -40))
const ribs = () => atEach([-150, -100, 0, 100, 150].map(y => [0, y, 0] as Vec3), block(gearboxLength + 40, 10, axisHeight - 8, 3))
export const gearboxHousing = part('Gearbox housing', finishes.gearGrey, Manifold.union([
  casing(axisHeight, 14), block(gearboxLength + 90, gearboxWidth, 20, 14), flange().translate(0, 0, axisHeight - 16),
  ribs().subtract(block(gearboxLength - 20, gearboxWidth - 20, 300, 18).translate(0, 0, 10)), ends(64, 44)
]).subtract(across(45)).subtract(boltHoles()).subtract(atEach(gearboxFeet, rod(6.6, 80, 24).translate(0, 0, -40)))
  .trimByPlane([0, 0, -1], -axisHeight))
export const gearboxBridge = part('Gearbox bearing bridge', finishes.gearGrey, (() => {
  const bar = block(36, wheelOffset + 128, 60, 8).translate(0, 0, axisHeight)
  const bores = Manifold.union(axes.map(y => rod(64, 36, 96).translate(0, 0, -18).rotate(0, 90, 0).translate(0, y, axisHeight)))
  return bar.add(bores).trimByPlane([0, 0, 1], axisHeight).subtract(across(45))
})())
export const gearboxWindow = part('Gearbox window', finishes.glass, block(gearboxLength - 64, gearboxWidth - 30, 130, 24).subtract(block(gearboxLength - 74, gearboxWidth - 40, 125, 20)).translate(0, 0, axisHeight))
export const bearingCap = part('Bearing cap', finishes.gearGrey, turned([[22, 0], [62, 0], [64, 2], [64, 8], [62, 10], [44, 12], [40, 18], [22, 18]], 96).subtract(around(6, rod(3.4, 40, 24).translate(54, 0, -5))))
export const pinion = part('Pinion z17', finishes.ground, gear(17, 4, 70, 20, 30))
export const wheel = part('Gear wheel z45', finishes.ground, gear(45, 4, 64, 20, -30 * 17 / 45 * 64 / 70)
  .subtract(around(6, rod(15, 100, 48).translate(54, 0, -10))).subtract(tube(76, 34, 14).translate(0, 0, -4)).subtract(tube(76, 34, 14).translate(0, 0, 54)))
export const gearShaft = part('Gearbox shaft', finishes.steel, chamferedRod(20, gearboxLength + 130, 1.5, 72).add(rod(24, 96, 72).translate(0, 0, 142)))
export const oilGlass = part('Oil sight glass', finishes.brass, CrossSection.circle(17, 6).extrude(6).add(tube(14, 9, 12)).add(rod(9.5, 8)))
export const drainPlug = part('Drain plug', finishes.bronze, hexPrism(22, 9).add(tube(15, 4, 3)))
export const ratingPlate = part('Rating plate', finishes.brass, block(90, 50, 1.5, 3).subtract(atEach(corners(80, 40), rod(1.6, 9, 16).translate(0, 0, -3))))

/** Motor, couplings, torque sensor, brake: axial parts lie along +Z from z = 0. */
import { finishes, part } from './parts.ts'
import { CrossSection, Manifold, around, atEach, block, chamferedRod, corners, rod, roundedSection, thread, tube, turned } from './shapes.ts'

/** Half height of the drive axis above the plate. */
export const axisHeight = 180

const finned = () => {
  const fin = CrossSection.square([30, 3.4], true).offset(0.8, 'Round', 2, 12).translate(104, 0)
  const fins = CrossSection.union(Array.from({ length: 44 }, (_, i) => fin.rotate(i * 360 / 44)))
  return CrossSection.circle(98, 128).add(fins).subtract(CrossSection.circle(84, 96))
}
export const motorHousing = part('Motor housing', finishes.motorBlue, finned().extrude(240)
  .add(block(96, 70, 150, 6).translate(0, 92, 45))
  .subtract(block(78, 60, 132, 4).translate(0, 104, 54))
  .subtract(rod(84, 300, 96).translate(0, 0, -20)))
export const motorFoot = part('Motor foot', finishes.motorBlue, Manifold.union([
  block(70, 48, 16, 6), block(12, 48, 100, 3).translate(-12, 0, 0), block(50, 10, 60, 3).translate(-4, 0, 8)
]).subtract(rod(6.6, 40, 32).translate(18, 0, -4)).subtract(block(30, 40, 80, 4).translate(24, 0, 70)))
export const endBell = part('Motor end bell', finishes.motorBlue, turned([[45, 0], [112, 0], [116, 4], [116, 22], [104, 30], [70, 40], [60, 52], [45, 52]], 128)
  .subtract(around(8, rod(4.3, 60, 24).translate(106, 0, -1)))
  .add(around(8, block(8, 34, 26, 2).translate(82, 0, 10).intersect(tube(100, 62, 60)), 22.5)))
export const fan = part('Cooling fan', finishes.plastic, Manifold.union([
  tube(26, 18, 30), around(9, CrossSection.square([62, 3], true).extrude(28, 8, 24).rotate(0, 8, 0).translate(56, 0, 1))
]))
export const fanCover = part('Fan cover', finishes.black, turned([[0, 66], [100, 66], [114, 52], [114, 0], [117, 0], [117, 53], [101, 69], [0, 69]], 128)
  .subtract(Manifold.union([30, 46, 62, 78, 94].map((r, i) => around(12 + 6 * i, rod(4.6, 20, 12).translate(r, 0, 55))))))
export const terminalBox = part('Terminal box', finishes.motorBlue, block(110, 90, 54, 8).subtract(block(98, 78, 50, 5).translate(0, 0, 6))
  .subtract(atEach([[-28, 0, 22], [28, 0, 22]], rod(11, 80).rotate(90, 0, 0))))
export const terminalLid = part('Terminal box lid', finishes.motorBlue, block(114, 94, 8, 9).add(block(84, 64, 11, 5)).subtract(atEach(corners(96, 76), rod(3.3, 30).translate(0, 0, -1))))
export const cableGland = part('Cable gland', finishes.brass, Manifold.union([
  thread(20, 2, 14, 16), CrossSection.circle(15, 6).extrude(8).translate(0, 0, 14), turned([[0, 22], [13, 22], [13, 32], [8, 40], [6, 44], [0, 44]], 48)
]).subtract(rod(5.5, 80).translate(0, 0, -5)))
export const motorShaft = part('Motor shaft', finishes.steel, turned([[0, 0], [17, 0], [18, 1], [18, 40], [24, 41], [24, 300], [20, 301], [20, 378], [18.5, 380], [0, 380]], 72)
  .subtract(block(44, 10, 20, 4.9).rotate(0, 90, 0).translate(14, 0, 345)))

const jaws = (height: number, clearance: number) => around(3, new CrossSection([[[14, -11 + clearance], [44, -19 + clearance], [44, 19 - clearance], [14, 11 - clearance]]], 'NonZero').extrude(height))
export const couplingHub = part('Jaw coupling hub', finishes.aluminium, chamferedRod(42, 44, 2, 96).add(jaws(24, 1).intersect(rod(42, 24, 96)).translate(0, 0, 44))
  .subtract(rod(20, 200, 48).translate(0, 0, -20)).subtract(block(2.4, 60, 46, 1).translate(0, 42, -1))
  .subtract(atEach([[0, 32, 14], [0, 32, 32]], rod(3.4, 100, 24).translate(0, 0, -50).rotate(0, 90, 0))))
export const couplingSpider = part('Coupling spider', finishes.orange, around(6, CrossSection.circle(8.6, 32).scale([1.5, 0.86]).translate(27, 0).extrude(22)).add(tube(20, 15, 22)))

export const torqueSensor = part('Torque sensor', finishes.aluminium, Manifold.union([
  block(96, 84, 120, 8).translate(0, 0, -60), tube(46, 30, 106).translate(0, 0, -53).rotate(0, 90, 0), block(60, 50, 14, 6).translate(0, 0, 60)
]).subtract(rod(21, 200).translate(0, 0, -100).rotate(0, 90, 0)).subtract(block(70, 12, 30, 3).translate(0, -42, -15)).subtract(atEach(corners(72, 60, 40), rod(4, 60))))
export const sensorShaft = part('Sensor shaft', finishes.ground, turned([[0, 0], [19, 0], [20, 1], [20, 60], [20.8, 61], [20.8, 139], [20, 140], [20, 199], [19, 200], [0, 200]], 72))
export const pedestal = part('Sensor pedestal', finishes.castIron, block(150, 130, 18, 8).add(block(100, 86, axisHeight - 60, 10)).subtract(block(64, 200, 60, 20).translate(0, 0, 34))
  .subtract(atEach(corners(122, 102), rod(6.6, 60).translate(0, 0, -1))))

export const loadShaft = part('Load shaft', finishes.steel, turned([[0, 0], [19, 0], [20, 1], [20, 150], [24, 151], [24, 250], [20, 251], [20, 438], [18.5, 440], [0, 440]], 72)
  .subtract(block(50, 10, 20, 4.9).rotate(0, 90, 0).translate(16, 0, 405)))
export const flywheel = part('Flywheel', finishes.castIron, turned([[24, 0], [50, 0], [50, 8], [104, 14], [112, 2], [140, 0], [142, 2], [142, 48], [140, 50], [112, 48], [104, 36], [50, 42], [50, 50], [24, 50]], 160)
  .subtract(around(6, rod(17, 80, 48).translate(78, 0, -5))).subtract(around(8, rod(4.3, 80, 24).translate(38, 0, -5), 22.5)))
export const brakeDisc = part('Brake disc', finishes.steel, turned([[24, 0], [46, 0], [46, 14], [60, 14], [130, 14], [131, 15], [131, 25], [130, 26], [40, 26], [24, 26]], 160)
  .subtract(Manifold.union([70, 85, 100, 115].map((r, i) => around(18, rod(3.6, 40, 16).translate(r, 0, 0), i * 5)))))
export const brakeCaliper = part('Brake caliper', finishes.red, roundedSection(92, 70, 14).extrude(84).translate(0, 0, -42)
  .subtract(block(80, 120, 18, 1).rotate(0, 0, 0).translate(-16, 0, -9)).add(around(2, rod(20, 104, 48).translate(-16, 0, -52).subtract(rod(30, 18).translate(-16, 0, -9)))))
export const caliperBracket = part('Caliper bracket', finishes.castIron, block(110, 110, 18, 8).add(block(30, 84, 132, 4)).add(block(90, 14, 90, 2))
  .subtract(atEach(corners(84, 84), rod(6.6, 60).translate(0, 0, -1))))
export const pillowBlock = part('Pillow block', finishes.castIron, Manifold.union([
  block(60, 190, 22, 10), block(44, 110, axisHeight, 6), rod(62, 44, 96).translate(0, 0, -22).rotate(0, 90, 0).translate(0, 0, axisHeight)
]).subtract(rod(45, 100, 96).translate(0, 0, -50).rotate(0, 90, 0).translate(0, 0, axisHeight)).subtract(block(90, 60, 70, 14).translate(0, 0, 30))
  .subtract(atEach([[0, -78, -1], [0, 78, -1]], rod(6.6, 60))))

/** Bolts, nuts, washers and rolling bearings: the parts that repeat. */
import { finishes, part } from './parts.ts'
import { CrossSection, Manifold, around, hexagon, hexPrism, rod, thread, tube, turned } from './shapes.ts'

/** A hexagon bolt whose head rests on z = 0 and whose shank points down. */
function hexBolt (diameter: number, pitch: number, length: number, acrossFlats: number) {
  const threaded = length * 0.6
  const shank = turned([[0, 0], [diameter / 2, 0], [diameter / 2, length - threaded], [diameter * 0.42, length - threaded + 1], [0, length - threaded + 1]], 32)
  const head = hexPrism(acrossFlats, diameter * 0.64)
  const screw = thread(diameter, pitch, threaded).rotate(180, 0, 0).translate(0, 0, -length + threaded)
  return Manifold.union([head, shank.rotate(180, 0, 0), screw])
}

/** A socket head screw, placed like a bolt. */
function socketScrew (diameter: number, pitch: number, length: number) {
  const r = diameter * 0.75
  const head = turned([[0, 0], [r, 0], [r, diameter - 0.8], [r - 0.8, diameter], [0, diameter]], 40)
  const socket = hexagon(diameter * 0.75).extrude(diameter).translate(0, 0, diameter * 0.45)
  return head.subtract(socket).add(thread(diameter, pitch, length).rotate(180, 0, 0))
}

const grooved = (inner: number, outer: number, width: number, middle: number, ball: number) =>
  tube(outer, inner, width, 72).subtract(turned([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(i => {
    const angle = i * Math.PI / 6
    return [middle + ball * Math.cos(angle), width / 2 + ball * Math.sin(angle)]
  }), 72))

export const ballCircle = 31
export const ballRadius = 7.4
export const ballCount = 9
export const bearingWidth = 22

export const hexBoltM12 = part('Hex bolt M12x50', finishes.zinc, hexBolt(12, 1.75, 50, 18))
export const hexNutM12 = part('Hex nut M12', finishes.zinc, hexPrism(18, 10.8).subtract(thread(12.2, 1.75, 14).translate(0, 0, -1.4)))
export const washerM12 = part('Washer M12', finishes.zinc, tube(12, 6.5, 2.5, 64))
export const screwM8 = part('Socket screw M8x25', finishes.black, socketScrew(8, 1.25, 25))
export const screwM6 = part('Socket screw M6x16', finishes.black, socketScrew(6, 1, 16))

export const bearingOuter = part('Bearing outer ring', finishes.ground, grooved(36, 45, bearingWidth, ballCircle, ballRadius + 0.1))
export const bearingInner = part('Bearing inner ring', finishes.ground, grooved(20, 26, bearingWidth, ballCircle, ballRadius + 0.1))
export const bearingBall = part('Bearing ball', finishes.ground, Manifold.sphere(ballRadius, 48))
export const bearingCage = part('Bearing cage', finishes.brass,
  tube(33, 29, 12, 72).translate(0, 0, 5).subtract(around(ballCount, rod(ballRadius + 0.3, 20, 32).translate(0, 0, -10).rotate(0, 90, 0).translate(ballCircle, 0, 11))))

export const eyeBolt = part('Eye bolt M12', finishes.steel, Manifold.union([
  CrossSection.circle(4, 24).translate(17, 0).revolve(48).rotate(90, 0, 0).translate(0, 0, 28),
  turned([[0, 0], [14, 0], [14, 4], [7, 9], [5.5, 14], [0, 14]], 48),
  thread(12, 1.75, 20).rotate(180, 0, 0)
]))

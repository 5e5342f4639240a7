/** The drive-unit test bench: which part stands where. Millimetres, Z up, the drive axis along X. */
import * as fasteners from './fasteners.ts'
import * as frame from './frame.ts'
import * as machine from './machine.ts'
import type { Part } from './parts.ts'
import type { Vec3 } from './shapes.ts'

/** Where a part's own +Z looks. */
export type Direction = 'x' | '-x' | 'y' | '-y' | 'z' | '-z'

export interface Placed {
  name: string
  at: Vec3
  toward: Direction
  /** Degrees about the part's own Z, before `toward`. */
  spin: number
  part?: Part
  children: Placed[]
}

class Group implements Placed {
  children: Placed[] = []
  toward: Direction = 'z'
  spin = 0
  name: string
  at: Vec3

  constructor (name: string, at: Vec3 = [0, 0, 0]) {
    this.name = name
    this.at = at
  }

  group (name: string, at: Vec3 = [0, 0, 0]): Group {
    const child = new Group(name, at)
    this.children.push(child)
    return child
  }

  put (part: Part, at: Vec3 = [0, 0, 0], toward: Direction = 'z', spin = 0): this {
    const number = this.children.filter(child => child.part === part).length + 1
    this.children.push({ name: `${part.name} ${number}`, at, toward, spin, part, children: [] })
    return this
  }

  /** A bolt with its washer at each point; with a nut below when it goes through `grip` millimetres. */
  bolts (points: Vec3[], grip = 0): this {
    for (const [x, y, z] of points) {
      this.put(fasteners.hexBoltM12, [x, y, z + 2.5], 'z', (x * 7 + y * 3) % 60).put(fasteners.washerM12, [x, y, z])
      if (grip > 0) this.put(fasteners.washerM12, [x, y, z - grip - 2.5]).put(fasteners.hexNutM12, [x, y, z - grip - 2.5], '-z', (x * 5 + y) % 60)
    }
    return this
  }

  /** Screws on a circle about the local X axis, their heads looking along `toward`. */
  screwCircle (screw: Part, count: number, radius: number, x: number, toward: 'x' | '-x', start = 0, y = 0): this {
    for (let i = 0; i < count; i++) {
      const angle = (start + i * 360 / count) * Math.PI / 180
      this.put(screw, [x, y + radius * Math.cos(angle), radius * Math.sin(angle)], toward, i * 17)
    }
    return this
  }
}

function bearing (into: Group, name: string, at: Vec3) {
  const { ballCircle, ballCount, bearingWidth } = fasteners
  const group = into.group(name, at)
  group.put(fasteners.bearingOuter, [0, 0, 0], 'x').put(fasteners.bearingInner, [0, 0, 0], 'x').put(fasteners.bearingCage, [0, 0, 0], 'x')
  for (let i = 0; i < ballCount; i++) {
    const angle = i * 2 * Math.PI / ballCount
    group.put(fasteners.bearingBall, [bearingWidth / 2, ballCircle * Math.sin(angle), -ballCircle * Math.cos(angle)])
  }
}

function coupling (into: Group, name: string, at: Vec3) {
  const group = into.group(name, at)
  group.put(machine.couplingHub, [-56, 0, 0], 'x').put(machine.couplingHub, [56, 0, 0], '-x', 60).put(machine.couplingSpider, [-11, 0, 0], 'x', 30)
  for (const x of [-42, -24, 24, 42]) group.put(fasteners.screwM6, [x, 32, 14], 'z')
  return group
}

function motor (bench: Group) {
  const group = bench.group('Motor', [-560, -62, machine.axisHeight])
  const stator = group.group('Stator')
  stator.put(machine.motorHousing, [-120, 0, 0], 'x', 90).put(machine.endBell, [120, 0, 0], 'x').put(machine.endBell, [-120, 0, 0], '-x')
  stator.screwCircle(fasteners.screwM8, 8, 106, 148, 'x').screwCircle(fasteners.screwM8, 8, 106, -148, '-x')
  group.group('Rotor').put(machine.motorShaft, [-190, 0, 0], 'x').put(machine.fan, [-204, 0, 0], 'x')
  const cover = group.group('Fan housing').put(machine.fanCover, [-142, 0, 0], '-x')
  for (const [y, toward] of [[-117, '-y'], [117, 'y']] as const) cover.put(fasteners.screwM6, [-152, y, 0], toward)
  const feet = group.group('Feet')
  for (const x of [-80, 80]) {
    feet.put(machine.motorFoot, [x, 98, -machine.axisHeight], 'z').put(machine.motorFoot, [x, -98, -machine.axisHeight], 'z', 180)
  }
  feet.bolts([-80, 80].flatMap(x => [[x, 116, 16 - machine.axisHeight], [x, -116, 16 - machine.axisHeight]] as Vec3[]))
  const box = group.group('Terminal box', [0, 0, 124])
  box.put(machine.terminalBox).put(machine.terminalLid, [0, 0, 54]).put(machine.cableGland, [-28, -36, 22], '-y').put(machine.cableGland, [28, -36, 22], '-y')
  for (const [x, y] of [[-48, -38], [48, -38], [48, 38], [-48, 38]] as const) box.put(fasteners.screwM6, [x, y, 62])
  group.put(frame.ratingPlate, [0, -119, 4], '-y').put(fasteners.eyeBolt, [95, 0, 112], 'z', 90)
}

function torqueSensor (bench: Group) {
  const { axisHeight } = machine
  const group = bench.group('Torque sensor', [-190, -62, 0])
  group.put(machine.pedestal).put(machine.torqueSensor, [0, 0, axisHeight]).put(machine.sensorShaft, [-100, 0, axisHeight], 'x')
  group.bolts([[-61, -51, 18], [61, -51, 18], [61, 51, 18], [-61, 51, 18]])
  for (const [x, y] of [[-36, -30], [36, -30], [36, 30], [-36, 30]] as const) group.put(fasteners.screwM8, [x, y, axisHeight + 60])
}

function gearbox (bench: Group) {
  const { axisHeight } = machine
  const half = frame.gearboxLength / 2
  const group = bench.group('Gearbox', [130, 0, 0])
  const casing = group.group('Casing')
  casing.put(frame.gearboxHousing).put(frame.gearboxBridge, [-half + 18, 0, 0]).put(frame.gearboxBridge, [half - 18, 0, 0]).put(frame.gearboxWindow)
  casing.put(frame.oilGlass, [60, -frame.gearboxWidth / 2, 90], '-y').put(frame.drainPlug, [-40, -frame.gearboxWidth / 2, 40], '-y').put(frame.ratingPlate, [0, -frame.gearboxWidth / 2, 140], '-y')
  casing.bolts(frame.gearboxFeet)
  casing.group('Flange bolts').bolts(frame.flangeBolts, 16)
  for (const [i, y] of [-frame.wheelOffset / 2, frame.wheelOffset / 2].entries()) {
    const train = group.group(i === 0 ? 'Input shaft' : 'Output shaft', [0, y, axisHeight])
    train.put(frame.gearShaft, [i === 0 ? -half - 90 : -half - 40, 0, 0], 'x')
    if (i === 0) train.put(frame.pinion, [-35, 0, 0], 'x', 0)
    else train.put(frame.wheel, [-32, 0, 0], 'x', 0)
    bearing(train, 'Bearing drive side', [-half + 6, 0, 0])
    bearing(train, 'Bearing load side', [half - 6 - fasteners.bearingWidth, 0, 0])
    for (const [x, toward] of [[-half - 8, '-x'], [half + 8, 'x']] as const) {
      train.put(frame.bearingCap, [x, 0, 0], toward).screwCircle(fasteners.screwM6, 6, 54, x + (toward === 'x' ? 10 : -10), toward, 30)
    }
  }
}

function load (bench: Group) {
  const { axisHeight } = machine
  const group = bench.group('Load', [0, 62, 0])
  const shaft = group.group('Shaft', [330, 0, axisHeight]).put(machine.loadShaft, [0, 0, 0], 'x')
  shaft.put(machine.flywheel, [176, 0, 0], 'x').screwCircle(fasteners.screwM8, 8, 38, 226, 'x', 22.5)
  shaft.put(machine.brakeDisc, [280, 0, 0], '-x').screwCircle(fasteners.screwM6, 6, 34, 280, 'x', 15)
  for (const x of [450, 690]) {
    const stand = group.group(`Bearing stand ${x === 450 ? 1 : 2}`, [x, 0, 0]).put(machine.pillowBlock).bolts([[0, -78, 22], [0, 78, 22]])
    bearing(stand, 'Bearing', [-fasteners.bearingWidth / 2, 0, axisHeight])
  }
  const brake = group.group('Brake', [591, 150, 0]).put(machine.caliperBracket).put(machine.brakeCaliper, [0, -26, axisHeight - 12], 'x', 90)
  brake.bolts([[-42, -42, 18], [42, -42, 18], [42, 42, 18], [-42, 42, 18]])
}

export function driveUnit (): Placed {
  const bench = new Group('Drive unit test bench')
  const base = bench.group('Base')
  base.put(frame.basePlate)
  for (const [x, y, z] of frame.plateScrews) base.put(fasteners.screwM8, [x, y, z - 9], 'z', x % 60)
  const beams = base.group('Frame', [0, 0, -90])
  for (const y of [-240, 240]) beams.put(frame.longBeam, [0, y, 0])
  for (const x of [-740, -370, 0, 370, 740]) beams.put(frame.crossBeam, [x, 0, 0])
  for (const x of [-720, 0, 720]) for (const y of [-240, 240]) beams.put(frame.levellingFoot, [x, y, -110])
  motor(bench)
  coupling(bench, 'Coupling motor', [-320, -62, machine.axisHeight]).put(frame.couplingGuard, [-64, 0, 0], 'x', 90)
  torqueSensor(bench)
  coupling(bench, 'Coupling gearbox', [-60, -62, machine.axisHeight]).put(frame.couplingGuard, [-64, 0, 0], 'x', 90)
  gearbox(bench)
  coupling(bench, 'Coupling load', [345, 62, machine.axisHeight]).put(frame.couplingGuard, [-64, 0, 0], 'x', 90)
  load(bench)
  const post = bench.group('Operator station', [-735, -240, 0]).put(frame.stopPost).put(frame.handle, [0, 0, 290])
  for (const [x, y] of [[-21, -21], [21, -21], [21, 21], [-21, 21]] as const) post.put(fasteners.screwM6, [x, y, 10])
  return bench
}

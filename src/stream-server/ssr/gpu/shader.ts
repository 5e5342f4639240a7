import { guard, leastW } from '../clipper.ts'
import { fromGround, fromSky, head } from '../lighting.ts'
import { bayer, steps } from '../triangle.ts'
import { flags } from './records.ts'

const vector = (numbers: ArrayLike<number>) => `vec3f(${Array.from(numbers).join(', ')})`

/**
 * What each corner and each pixel goes through, in WGSL: the same as in the rasterizer (instance-painter.ts, lighting.ts, triangle.ts), number by number,
 * down to the grid that corners lie on.
 */
export const shader = `
struct Frame { size: vec2f, shift: vec2f, toLight: vec3f }
struct Figure {
  x: vec4f, y: vec4f, depth: vec4f, w: vec4f, section: vec4f,
  normalX: vec4f, normalY: vec4f, normalZ: vec4f,
  color: vec3f, shininess: f32,
  halfway: vec3f, strength: f32,
  id: u32, cover: u32, flags: u32, inside: u32,
}
struct Corner {
  @builtin(position) position: vec4f,
  @location(0) @interpolate(linear) front: vec3f,
  @location(1) @interpolate(linear) back: vec3f,
  @location(2) distance: f32,
  @location(3) @interpolate(flat) figure: vec3u,
}
struct Pixel { @location(0) color: vec4f, @location(1) id: u32 }

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> figures: array<Figure>;
@group(0) @binding(2) var<storage, read> places: array<u32>;

fn encode(value: vec3f) -> vec3f {
  let bounded = clamp(value, vec3f(0), vec3f(1));
  return select(1.055 * pow(bounded, vec3f(1 / 2.4)) - 0.055, bounded * 12.92, bounded <= vec3f(0.0031308));
}

fn lit(figure: Figure, normal: vec3f) -> vec3f {
  let facing = dot(normal, frame.toLight);
  let direct = max(facing, 0) * ${head};
  let around = mix(${vector(fromGround)}, ${vector(fromSky)}, 0.5 + 0.5 * normal.y);
  let half = dot(normal, figure.halfway);
  var shine = 0.0;
  if (facing > 0 && half > 0.8) { shine = direct * figure.strength * 0.25 * (figure.shininess * 0.5 + 1) * pow(half, figure.shininess); }
  return encode(figure.color * (direct + around) + shine);
}

@vertex fn place(@location(0) grid: vec4i, @location(1) small: vec4i, @builtin(instance_index) number: u32) -> Corner {
  let figure = figures[places[number]];
  let point = vec4f(vec3f(grid.xyz), 1);
  let w = dot(figure.w, point);
  var across = vec2f(dot(figure.x, point), dot(figure.y, point));
  if (w > ${leastW} && abs(across.x) <= ${guard} * w && abs(across.y) <= ${guard} * w) {
    let perUnit = frame.size * ${steps / 2};
    let placed = floor(vec2f(across.x, -across.y) / w * perUnit + perUnit + frame.shift * ${steps} + 0.5);
    across = (placed / perUnit - 1) * vec2f(w, -w);
  } else {
    across += frame.shift * vec2f(2, -2) / frame.size * w;
  }
  let along = vec3f(small.xyz);
  let turned = figure.normalX.xyz * along.x + figure.normalY.xyz * along.y + figure.normalZ.xyz * along.z;
  let normal = turned / max(length(turned), 1e-30);
  var corner: Corner;
  corner.position = vec4f(across, dot(figure.depth, point) * 0.5, w);
  corner.front = lit(figure, normal);
  if ((figure.flags & ${flags.flatInside}) != 0) { corner.back = unpack4x8unorm(figure.inside).rgb; } else { corner.back = lit(figure, -normal); }
  corner.distance = dot(figure.section, point);
  corner.figure = vec3u(figure.id, figure.cover, figure.flags);
  return corner;
}

const order = array<u32, 16>(${bayer.join(', ')});

@fragment fn fill(corner: Corner, @builtin(front_facing) winding: bool) -> Pixel {
  let flags = corner.figure.z;
  let facing = winding != ((flags & ${flags.mirrored}) != 0);
  if ((flags & ${flags.oneSided}) != 0 && !facing) { discard; }
  if ((flags & ${flags.cut}) != 0 && corner.distance < 0) { discard; }
  let cover = corner.figure.y & 255;
  let at = vec2u(corner.position.xy) & vec2u(3);
  if (cover < 16 && order[((at.y << 2) | at.x) ^ (corner.figure.y >> 8)] >= cover) { discard; }
  return Pixel(vec4f(select(corner.back, corner.front, facing), 1), corner.figure.x);
}
`

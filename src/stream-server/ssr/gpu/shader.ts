import { guard, leastW } from '../clipper.ts'
import { fromGround, fromSky, hatch, hatchPeriod, head } from '../lighting.ts'
import { bayer, steps } from '../triangle.ts'
import { flags } from './records.ts'

const vector = (numbers: ArrayLike<number>) => `vec3f(${Array.from(numbers).join(', ')})`

/** What a plain figure's corners bring to its pixels: colours as they are seen, which run over the picture, linear ones only where it is hatched. */
const plain = {
  declared: '',
  attributes: '',
  varying: '@location(0) @interpolate(linear) front: vec4f,\n  @location(1) @interpolate(linear) back: vec4f,',
  corner: (side: string, light: string) => `corner.${side} = vec4f(encode(${light}.rgb + ${light}.a), 1);`,
  hatched: 'corner.back = vec4f(figure.color, 1);',
  place: '',
  prelude: '',
  color: (side: string) => `corner.${side}.rgb`,
  hatching: (share: string) => `encode(corner.back.rgb * ${share})`
}

/** What an adorned one's bring: linear light with the corner's colour in it, and its highlight, which run over the surface. Each pixel looks its texture up and is lit by itself. */
const adorned: typeof plain = {
  declared: '@group(1) @binding(0) var skin: texture_2d<f32>;\n@group(1) @binding(1) var blend: sampler;\n',
  attributes: '@location(2) place: vec2f, @location(3) tint: vec4f, ',
  varying: '@location(0) front: vec4f,\n  @location(1) back: vec4f,\n  @location(4) place: vec2f,',
  corner: (side, light) => `corner.${side} = vec4f(${light}.rgb * tint.rgb, ${light}.a);`,
  hatched: 'corner.back = vec4f(figure.color * tint.rgb, 0);',
  place: 'corner.place = place;',
  prelude: `
  let size = vec2f(textureDimensions(skin, 0));
  let wide = dpdx(corner.place) * size;
  let high = dpdy(corner.place) * size;
  let right = dot(wide, wide);
  let below = dot(high, high);
  let level = 0.5 * log2(max(max(right, below) / (frame.sharpness * frame.sharpness), min(right, below)));
  let texel = textureSampleLevel(skin, blend, corner.place, level).rgb;`,
  color: side => `encode(corner.${side}.rgb * texel + corner.${side}.a)`,
  hatching: share => `encode(corner.back.rgb * texel * ${share})`
}

export const shader = shaderOf(plain)
export const adornedShader = shaderOf(adorned)

/**
 * What each corner and each pixel goes through, in WGSL: the same as in the rasterizer (instance-painter.ts, lighting.ts, triangle.ts, adorned-triangle.ts), number by number,
 * down to the grid that corners lie on.
 */
function shaderOf (kind: typeof plain): string {
  return `
struct Frame { size: vec2f, shift: vec2f, toLight: vec3f, sharpness: f32 }
struct Figure {
  x: vec4f, y: vec4f, depth: vec4f, w: vec4f, section: vec4f,
  normalX: vec4f, normalY: vec4f, normalZ: vec4f,
  color: vec3f, shininess: f32,
  halfway: vec3f, strength: f32,
  id: u32, cover: u32, flags: u32, unused: u32,
}
struct Corner {
  @builtin(position) position: vec4f,
  ${kind.varying}
  @location(2) distance: f32,
  @location(3) @interpolate(flat) figure: vec3u,
}
struct Pixel { @location(0) color: vec4f, @location(1) id: u32 }

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> figures: array<Figure>;
@group(0) @binding(2) var<storage, read> places: array<u32>;
${kind.declared}
fn encode(value: vec3f) -> vec3f {
  let bounded = clamp(value, vec3f(0), vec3f(1));
  return select(1.055 * pow(bounded, vec3f(1 / 2.4)) - 0.055, bounded * 12.92, bounded <= vec3f(0.0031308));
}

// Linear light on the figure's colour, and the highlight.
fn lit(figure: Figure, normal: vec3f) -> vec4f {
  let facing = dot(normal, frame.toLight);
  let direct = max(facing, 0) * ${head};
  let around = mix(${vector(fromGround)}, ${vector(fromSky)}, 0.5 + 0.5 * normal.y);
  let half = dot(normal, figure.halfway);
  var shine = 0.0;
  if (facing > 0 && half > 0.8) { shine = direct * figure.strength * 0.25 * (figure.shininess * 0.5 + 1) * pow(half, figure.shininess); }
  return vec4f(figure.color * (direct + around), shine);
}

@vertex fn place(@location(0) grid: vec4i, @location(1) small: vec4i, ${kind.attributes}@builtin(instance_index) number: u32) -> Corner {
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
  let front = lit(figure, normal);
  ${kind.corner('front', 'front')}
  if ((figure.flags & ${flags.hatched}) != 0) { ${kind.hatched} } else { let back = lit(figure, -normal); ${kind.corner('back', 'back')} }
  ${kind.place}
  corner.distance = dot(figure.section, point);
  corner.figure = vec3u(figure.id, figure.cover, figure.flags);
  return corner;
}

const order = array<u32, 16>(${bayer.join(', ')});

// Share of its colour that a cut face has here.
fn hatching(at: vec2u) -> f32 {
  let line = abs(f32((at.x + u32(frame.size.y) - at.y) % ${hatchPeriod}) - ${hatchPeriod / 2});
  return mix(${hatch.line}, ${hatch.between}, smoothstep(${hatch.from}, ${hatch.to}, line));
}

@fragment fn fill(corner: Corner, @builtin(front_facing) winding: bool) -> Pixel {${kind.prelude}
  let flags = corner.figure.z;
  let facing = winding != ((flags & ${flags.mirrored}) != 0);
  if ((flags & ${flags.oneSided}) != 0 && !facing) { discard; }
  if ((flags & ${flags.cut}) != 0 && corner.distance < 0) { discard; }
  let cover = corner.figure.y & 255;
  let pixel = vec2u(corner.position.xy);
  let at = pixel & vec2u(3);
  if (cover < 16 && order[((at.y << 2) | at.x) ^ (corner.figure.y >> 8)] >= cover) { discard; }
  var color = ${kind.color('front')};
  if (!facing) {
    color = ${kind.color('back')};
    if ((flags & ${flags.hatched}) != 0) { color = ${kind.hatching('hatching(pixel)')}; }
  }
  return Pixel(vec4f(color, 1), corner.figure.x);
}
`
}

/**
 * How many times longer than wide the place of a pixel on a texture may be until it gets coarser for that. The pictures of a series lie beside each other, so that their mean
 * sees all of a long place, as a graphics card does that looks a texture up four times; the plain picture would flicker.
 */
export const sharpnessOf = (sample: number): number => sample === 0 ? 1 : 4

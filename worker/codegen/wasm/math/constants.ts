/**
 * @file Constants of the elementary functions, per float format. Polynomials are minimax approximations found with the
 * Remez algorithm (erf's quotient with Lawson's), lowest coefficient first; each one's maximal relative error stands
 * beside it. `z` is the square of the reduced argument.
 */
export interface FloatFormat {
  readonly mantissaBits: number;
  readonly exponentBias: number;
  readonly signBit: bigint;
  readonly mantissaMask: bigint;
  readonly minNormal: number;
  /** Added to a number of small magnitude, rounds it to an integer, which is then in the low bits of the sum. */
  readonly magic: number;
  /** The bits of `magic` without its integer. */
  readonly magicBits: bigint;
  /** Bits of sqrt(1/2): `log` reduces its argument to [sqrt(1/2), sqrt(2)). */
  readonly sqrtHalfBits: bigint;
  /** log(2) in two parts: products of the first with exponents are exact. */
  readonly ln2: readonly [number, number];
  /** Beyond these `exp` is 0 and infinity; at the lower end n is the exponent of the smallest normal number. */
  readonly expRange: readonly [number, number];
  readonly exp2Range: readonly [number, number];
  /** From here on `tanh` is 1. */
  readonly tanhMax: number;
  /** `exp(r) = 1 + r + r^2 * p(r)` for |r| <= log(2)/2. */
  readonly exp: readonly number[];
  /** `2^r = 1 + r * p(r)` for |r| <= 1/2. */
  readonly exp2: readonly number[];
  /** `log((1+s)/(1-s)) = 2s + s * z * p(z)` for |s| <= (sqrt(2)-1)/(sqrt(2)+1). */
  readonly log: readonly number[];
  /** `sin(r) = r + r * z * p(z)` for |r| <= pi/4. */
  readonly sin: readonly number[];
  /** `cos(r) = 1 - z/2 + z^2 * p(z)` for |r| <= pi/4. */
  readonly cos: readonly number[];
}

export const LOG2_E = Math.LOG2E;

export const FLOAT32: FloatFormat = {
  mantissaBits: 23,
  exponentBias: 127,
  signBit: 0x8000_0000n,
  mantissaMask: 0x007f_ffffn,
  minNormal: 2 ** -126,
  magic: 1.5 * 2 ** 23,
  magicBits: 0x4b40_0000n,
  sqrtHalfBits: 0x3f35_04f3n,
  ln2: [0.693145751953125, 1.428606765330187e-6],
  expRange: [-87.5, 89],
  exp2Range: [-126, 129],
  tanhMax: 10,
  // 2^-26
  exp: [
    0.4999999701976776, 0.1666654348373413, 0.04166720062494278, 0.008366520516574383, 0.0013882521307095885,
  ],
  // 2^-28
  exp2: [
    0.6931471824645996, 0.24022647738456726, 0.055503323674201965, 0.00961843691766262, 0.001339887734502554,
    0.00015353360504377633,
  ],
  // 2^-30
  log: [0.6666677594184875, 0.3997744917869568, 0.29874420166015625],
  // 2^-28
  sin: [-0.16666655242443085, 0.008332177996635437, -0.00019517235341481864],
  // 2^-33
  cos: [0.04166664555668831, -0.0013887315290048718, 2.4433082217001356e-5],
};

export const FLOAT64: FloatFormat = {
  mantissaBits: 52,
  exponentBias: 1023,
  signBit: 0x8000_0000_0000_0000n,
  mantissaMask: 0x000f_ffff_ffff_ffffn,
  minNormal: 2 ** -1022,
  magic: 1.5 * 2 ** 52,
  magicBits: 0x4338_0000_0000_0000n,
  sqrtHalfBits: 0x3fe6_a09e_667f_3bcdn,
  ln2: [0.693147180559663, 2.8235290563031577e-13],
  expRange: [-708.5, 710],
  exp2Range: [-1022, 1025],
  tanhMax: 20,
  // 2^-61
  exp: [
    0.5, 0.16666666666666677, 0.04166666666666651, 0.008333333333321691, 0.0013888888888962364,
    0.00019841269885966255, 2.4801587172552223e-5, 2.7557244373867842e-6, 2.7557402631932016e-7,
    2.5108978989049336e-8, 2.087533302453637e-9,
  ],
  // 2^-64
  exp2: [
    Math.LN2,
    0.24022650695910072,
    0.05550410866482169,
    0.00961812910762833,
    0.0013333558146392684,
    0.0001540353039364076,
    1.5252733854324418e-5,
    1.3215486594890984e-6,
    1.0178051939222671e-7,
    7.054974482090686e-9,
    4.456570949593366e-10,
    2.5625420744713648e-11,
  ],
  // 2^-59
  log: [
    0.6666666666666735, 0.3999999999940748, 0.28571428744142574, 0.22222198378365438, 0.18183575170983357,
    0.1531375562432704, 0.14799067423508372,
  ],
  // 2^-68
  sin: [
    -0.16666666666666666, 0.008333333333333323, -0.00019841269841255123, 2.7557319214219293e-6,
    -2.5052104919263998e-8, 1.6058367624481197e-10, -7.578748196241532e-13,
  ],
  // 2^-75
  cos: [
    0.041666666666666664, -0.0013888888888888872, 2.4801587301570537e-5, -2.7557319214992537e-7,
    2.0876754285449307e-9, -1.1470284658039302e-11, 4.737742418863897e-14,
  ],
};

/** For float32: `erf(x) = x * p(z) / q(z)`, relative error 2^-25 for |x| <= `max`, from where on erf is 1. The
 * coefficients were then moved by single ulps to reduce the rounding errors of the evaluation. */
export const ERF32 = {
  max: 3.92,
  p: [
    1.1283791065216064, 0.1904064267873764, 0.05274871364235878, 0.0037656156346201897,
    0.00028488284442573786, 2.050090188276954e-6,
  ],
  q: [
    1, 0.5020759701728821, 0.114109106361866, 0.014969212003052235, 0.001162535510957241,
    3.8091737224021927e-5,
  ],
} as const;

/** For float64, on both sides of 1. */
export const ERF64 = {
  /** From here on erf is 1. */
  max: 6,
  /** `erf(x) = x * small(z)` for |x| <= 1, relative error 2^-62. */
  small: [
    1.1283791670955126, -0.3761263890318375, 0.11283791670954857, -0.026866170645072837, 0.005223977624780289,
    -0.0008548326978707647, 0.00012055331035593981, -1.492559347448709e-5, 1.6460972281615104e-6,
    -1.635001938984022e-7, 1.4657839611898277e-8, -1.1365506802055437e-9, 5.944986648293766e-11,
  ],
  /** `1 - erf(x) = exp(-z) * large((x-c)/(x+c))` for x in [1, 6], absolute error of erf 2^-61. */
  large: [
    0.17900115118139, -0.3262335600431626, 0.2456038017078105, -0.1501159365456599, 0.07166583744050674,
    -0.024392489968653237, 0.004269232729142822, 0.0007083055585430848, -0.0005950000480558917,
    5.021861947219966e-5, 7.162409351696245e-5, -6.440916885630872e-6, -6.579393056206439e-6,
  ],
  c: 3,
} as const;

/** pi/2 in parts, for a reduction in float64 of x to `x - n * pi/2`. The product of n and all but the last is exact. */
export const HALF_PI = {
  /** For float32 arguments: n < 2^26. */
  short: [1.570796325802803, 9.920935796805404e-10],
  /** For float64 arguments: n < 2^20. */
  long: [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21],
} as const;
/** Magnitudes up to which `sin` and `cos` are computed, for float32 and float64 arguments. */
export const TRIG_MAX = { short: 2 ** 26, long: 2 ** 20 } as const;

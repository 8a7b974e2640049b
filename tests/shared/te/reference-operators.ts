/**
 * @file The built-in workloads as plain loops over plain arrays: an oracle that shares nothing with the IR. Padding is
 * a bounds check, sums are float64. A reference gives `null` where the parameters do not fit together.
 */
import type { WorkloadName } from '../../../shared/te/workload-table.js';

type P = Readonly<Record<string, number>>;
type Read = (...index: number[]) => number;
type Reference = (p: P, inputs: readonly (readonly number[])[]) => number[] | null;

/** Reads a row-major array of the given extents; 0 outside of it. */
function reader(data: readonly number[] | undefined, extents: readonly number[], outside = 0): Read {
  return (...index) => {
    let flat = 0;
    for (const [d, extent] of extents.entries()) {
      const i = index[d] ?? NaN;
      if (i < 0 || i >= extent) return outside;
      flat = flat * extent + i;
    }
    return data?.[flat] ?? NaN;
  };
}

/** All values of `f` over the box of the given extents, in row-major order. */
function build(extents: readonly number[], f: Read): number[] {
  let points: number[][] = [[]];
  for (const extent of extents) {
    points = points.flatMap((point) => Array.from({ length: extent }, (_, i) => [...point, i]));
  }
  return points.map((point) => f(...point));
}

function total(extents: readonly number[], f: Read): number {
  return build(extents, f).reduce((sum, value) => sum + value, 0);
}

/** Parameters by name; a wrong name is NaN, which no comparison passes. */
function get(p: P, ...names: string[]): number[] {
  return names.map((name) => p[name] ?? (name === 'd' || name === 'g' ? 1 : NaN));
}

function places(extent: number, p: P): number {
  const [k = 0, s = 0, pad = 0, d = 0] = get(p, 'k', 's', 'p', 'd');
  let count = 0;
  for (let start = -pad; start + d * (k - 1) < extent + pad; start += s) count++;
  return count;
}

/** Channels-last convolution with the spatial extents `size`. */
function conv(size: readonly number[], p: P, inputs: readonly (readonly number[])[]): number[] | null {
  const [n = 0, ci = 0, co = 0, k = 0, s = 0, pad = 0, d = 0, g = 0] = get(
    p,
    'n',
    'ci',
    'co',
    'k',
    's',
    'p',
    'd',
    'g',
  );
  const out = size.map((extent) => places(extent, p));
  if (ci % g !== 0 || co % g !== 0 || out.includes(0)) return null;
  const kernel = size.map(() => k);
  const x = reader(inputs[0], [n, ...size, ci]);
  const w = reader(inputs[1], [...kernel, ci / g, co]);
  return build([n, ...out, co], (image, ...rest) => {
    const channel = rest.at(-1) ?? NaN;
    const group = Math.floor((channel * g) / co);
    return total([...kernel, ci / g], (...r) => {
      const rc = r.at(-1) ?? NaN;
      const position = kernel.map((_, a) => (rest[a] ?? NaN) * s - pad + (r[a] ?? NaN) * d);
      return x(image ?? NaN, ...position, group * (ci / g) + rc) * w(...r, channel);
    });
  });
}

function pool(p: P, data: readonly number[] | undefined, outside: number, f: (window: number[]) => number) {
  const [n = 0, c = 0, h = 0, w = 0, k = 0, s = 0, pad = 0] = get(p, 'n', 'c', 'h', 'w', 'k', 's', 'p');
  const [oh, ow] = [places(h, p), places(w, p)];
  if (oh === 0 || ow === 0) return null;
  const x = reader(data, [n, c, h, w], outside);
  return build([n, c, oh, ow], (a = 0, b = 0, i = 0, j = 0) =>
    f(build([k, k], (r = 0, q = 0) => x(a, b, i * s - pad + r, j * s - pad + q))),
  );
}

/** `f` of each row, row by row. */
function rows(p: P, data: readonly number[] | undefined, f: (row: number[]) => number[]): number[] {
  const [m = 0, n = 0] = get(p, 'm', 'n');
  return Array.from({ length: m }, (_, i) => f([...(data ?? [])].slice(i * n, (i + 1) * n))).flat();
}

function product(p: P, inputs: readonly (readonly number[])[], transposed: boolean): number[] {
  const [m = 0, n = 0, k = 0] = get(p, 'm', 'n', 'k');
  const a = reader(inputs[0], [m, k]);
  const b = reader(inputs[1], transposed ? [n, k] : [k, n]);
  return build([m, n], (i = 0, j = 0) => total([k], (r = 0) => a(i, r) * (transposed ? b(j, r) : b(r, j))));
}

function zip(inputs: readonly (readonly number[])[]): number[] {
  return (inputs[0] ?? []).map((x, i) => x + (inputs[1]?.[i] ?? NaN));
}

/** The error function by its Maclaurin series: slow, and independent of any other implementation. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

function convTranspose(p: P, inputs: readonly (readonly number[])[]): number[] | null {
  const [n = 0, h = 0, w = 0, ci = 0, co = 0, k = 0, s = 0, pad = 0] = get(
    p,
    'n',
    'h',
    'w',
    'ci',
    'co',
    'k',
    's',
    'p',
  );
  const [oh, ow] = [(h - 1) * s + k - 2 * pad, (w - 1) * s + k - 2 * pad];
  if (pad >= k || oh < 1 || ow < 1) return null;
  const x = reader(inputs[0], [n, h, w, ci]);
  const weight = reader(inputs[1], [k, k, ci, co]);
  const out = Array.from({ length: n * oh * ow * co }, () => 0);
  // By its other definition: every input element adds its multiple of the kernel to the output.
  build([n, h, w, ci, k, k, co], (...[a = 0, i = 0, j = 0, c = 0, r = 0, q = 0, o = 0]) => {
    const [y, z] = [i * s + r - pad, j * s + q - pad];
    if (y < 0 || y >= oh || z < 0 || z >= ow) return 0;
    const flat = ((a * oh + y) * ow + z) * co + o;
    out[flat] = (out[flat] ?? NaN) + x(a, i, j, c) * weight(r, q, c, o);
    return 0;
  });
  return out;
}

function capsule(p: P, inputs: readonly (readonly number[])[]): number[] | null {
  const [n = 0, h = 0, w = 0, ci = 0, co = 0, k = 0, s = 0, pad = 0, cap = 0] = get(
    p,
    'n',
    'h',
    'w',
    'ci',
    'co',
    'k',
    's',
    'p',
    'cap',
  );
  const [oh, ow] = [places(h, p), places(w, p)];
  if (oh === 0 || ow === 0) return null;
  const x = reader(inputs[0], [n, h, w, cap, cap, ci]);
  const weight = reader(inputs[1], [k, k, cap, cap, ci, co]);
  return build([n, oh, ow, cap, cap, co], (...[a = 0, y = 0, z = 0, i = 0, j = 0, o = 0]) =>
    total(
      [k, k, cap, ci],
      (r = 0, q = 0, u = 0, c = 0) =>
        x(a, y * s - pad + r, z * s - pad + q, i, u, c) * weight(r, q, u, j, c, o),
    ),
  );
}

function layerNorm(p: P, [x, gamma, beta]: readonly (readonly number[])[]): number[] {
  return rows(p, x, (row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    return row.map(
      (v, j) => ((v - mean) / Math.sqrt(variance + 1e-5)) * (gamma?.[j] ?? NaN) + (beta?.[j] ?? NaN),
    );
  });
}

export const REFERENCES: { readonly [N in WorkloadName]: Reference } = {
  vecadd: (_, inputs) => zip(inputs),
  add: (_, inputs) => zip(inputs),
  relu: (_, [x = []]) => x.map((v) => Math.max(v, 0)),
  gelu: (_, [x = []]) => x.map((v) => (v / 2) * (1 + erf(v / Math.SQRT2))),
  window_sum: ({ n = 0 }, [a]) => build([n], (i = 0) => total([3], (r = 0) => a?.[i + r] ?? NaN)),
  matmul: (p, inputs) => product(p, inputs, false),
  matmul_relu: (p, inputs) => product(p, inputs, false).map((v) => Math.max(v, 0)),
  mm_nt: (p, inputs) => product(p, inputs, true),
  linear: ({ b = 0, i = 0, o = 0 }, inputs) =>
    product({ m: b, n: o, k: i }, inputs, true).map((v, flat) => v + (inputs[2]?.[flat % o] ?? NaN)),
  batch_matmul: ({ b = 0, m = 0, n = 0, k = 0 }, inputs) => {
    const [x, y] = [reader(inputs[0], [b, m, k]), reader(inputs[1], [b, k, n])];
    return build([b, m, n], (a = 0, i = 0, j = 0) => total([k], (r = 0) => x(a, i, r) * y(a, r, j)));
  },
  transpose_batch_matmul: ({ b = 0, l = 0, h = 0, d = 0 }, inputs) => {
    const [q, v] = [reader(inputs[0], [b, l, h, d]), reader(inputs[1], [b, l, h, d])];
    return build([b, h, l, l], (a = 0, head = 0, i = 0, j = 0) =>
      total([d], (f = 0) => q(a, i, head, f) * v(a, j, head, f)),
    );
  },
  conv1d_nlc: (p, inputs) => conv(get(p, 'l'), p, inputs),
  conv2d_nhwc: (p, inputs) => conv(get(p, 'h', 'w'), p, inputs),
  group_conv2d_nhwc: (p, inputs) => conv(get(p, 'h', 'w'), p, inputs),
  dilated_conv2d_nhwc: (p, inputs) => conv(get(p, 'h', 'w'), p, inputs),
  conv3d_ndhwc: (p, inputs) => conv(get(p, 'depth', 'h', 'w'), p, inputs),
  conv2d_nchw: (p, inputs) => {
    const [n = 0, ci = 0, h = 0, w = 0, co = 0, k = 0, s = 0, pad = 0, d = 0] = get(
      p,
      'n',
      'ci',
      'h',
      'w',
      'co',
      'k',
      's',
      'p',
      'd',
    );
    const [oh, ow] = [places(h, p), places(w, p)];
    if (oh === 0 || ow === 0) return null;
    const [x, weight] = [reader(inputs[0], [n, ci, h, w]), reader(inputs[1], [co, ci, k, k])];
    return build([n, co, oh, ow], (a = 0, o = 0, i = 0, j = 0) =>
      total(
        [ci, k, k],
        (c = 0, r = 0, q = 0) => x(a, c, i * s - pad + r * d, j * s - pad + q * d) * weight(o, c, r, q),
      ),
    );
  },
  depthwise_conv2d_nhwc: (p, inputs) => {
    const [n = 0, h = 0, w = 0, c = 0, k = 0, s = 0, pad = 0, d = 0] = get(
      p,
      'n',
      'h',
      'w',
      'c',
      'k',
      's',
      'p',
      'd',
    );
    const [oh, ow] = [places(h, p), places(w, p)];
    if (oh === 0 || ow === 0) return null;
    const [x, weight] = [reader(inputs[0], [n, h, w, c]), reader(inputs[1], [k, k, c])];
    return build([n, oh, ow, c], (a = 0, i = 0, j = 0, o = 0) =>
      total([k, k], (r = 0, q = 0) => x(a, i * s - pad + r * d, j * s - pad + q * d, o) * weight(r, q, o)),
    );
  },
  conv2d_transpose_nhwc: convTranspose,
  conv2d_capsule_nhwijc: capsule,
  conv2d_bias_bn_relu: (p, inputs) => {
    const [bias, scale, offset] = [inputs[2] ?? [], inputs[3] ?? [], inputs[4] ?? []];
    const { co = 0 } = p;
    return (
      conv(get(p, 'h', 'w'), p, inputs)?.map((v, flat) => {
        const c = flat % co;
        return Math.max((v + (bias[c] ?? NaN)) * (scale[c] ?? NaN) + (offset[c] ?? NaN), 0);
      }) ?? null
    );
  },
  max_pool2d_nchw: (p, [x]) => pool(p, x, -Infinity, (window) => Math.max(-3.4028234663852886e38, ...window)),
  avg_pool2d_nchw: (p, [x]) => pool(p, x, 0, (window) => window.reduce((a, b) => a + b, 0) / window.length),
  softmax: (p, [x]) =>
    rows(p, x, (row) => {
      const exps = row.map((v) => Math.exp(v));
      const sum = exps.reduce((a, b) => a + b, 0);
      return exps.map((v) => v / sum);
    }),
  norm: ({ b = 0, m = 0, n = 0 }, [x]) =>
    build([b], (i = 0) => Math.sqrt(total([m * n], (j = 0) => (x?.[i * m * n + j] ?? NaN) ** 2))),
  layer_norm: layerNorm,
};

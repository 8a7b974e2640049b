/**
 * @file The loader that goes with a built kernel: an ECMAScript module without dependencies, for Node and browsers
 * alike. The text is one constant program below a header of constants; names of the user's stand in it only as JSON.
 */
import { layoutOf } from '../../shared/protocol/kernel.js';
import { at } from '../../shared/support/errors.js';
import {
  ARRAY_TYPES,
  commentText,
  elementCount,
  requirementOf,
  typeText,
  type ArtifactDescription,
} from './description.js';

/** @returns the text of `<fileName>.mjs` */
export function loaderFor(description: ArtifactDescription): string {
  const { abi, target, fileName } = description;
  const layout = layoutOf(abi);
  const params = abi.params.map((param, index) => {
    const { name, dtype, shape, access, constant } = param;
    const facts = JSON.stringify({ name, dtype, shape, access, constant, length: elementCount(param) });
    return `  { ${facts.slice(1, -1)}, "address": ${at(layout.params, index)}, "array": ${ARRAY_TYPES[dtype]} },`;
  });
  const signature = abi.params.map((param) => `${param.name}: ${typeText(param)}`).join(', ');
  return [
    `// ${commentText(abi.name)}(${commentText(signature)}), built for ${target} by Tilewright.`,
    `// Types and documentation: ${fileName}.d.mts`,
    `const PARAMS = [\n${params.join('\n')}\n];`,
    `const PACKED = ${JSON.stringify(layout.packed)};`,
    `const WORKSPACE = ${layout.workspace};`,
    `const BYTES = ${layout.bytes};`,
    `const NEEDS = ${JSON.stringify(requirementOf(target))};`,
    `const wasmUrl = new URL(${JSON.stringify(`./${fileName}.wasm`)}, import.meta.url);`,
    LOADER,
  ].join('\n');
}

/** Refers to the constants above. Buffers are aligned to cache lines, as they were when the kernel was measured. */
const LOADER = `
const PAGE = 65536;
const alignUp = (bytes) => Math.ceil(bytes / 64) * 64;
const bytesOf = (param) => param.length * param.array.BYTES_PER_ELEMENT;

// What lies here is the kernel's own.
const PRIVATE = PACKED[0] ?? WORKSPACE;
const CONSTANTS = PARAMS.filter((param) => param.constant);

export const params = PARAMS.map(({ name, dtype, shape, access, constant, length }) =>
  Object.freeze({ name, dtype, shape: Object.freeze(shape), access, constant, length }));

export async function load({ wasm, reserve = {} } = {}) {
  const module = wasm instanceof WebAssembly.Module ? wasm : await compile(await bytesFrom(wasm ?? wasmUrl));
  for (const [name, count] of Object.entries(reserve)) {
    paramNamed(name);
    if (!Number.isInteger(count) || count < 0) {
      throw new TypeError(\`reserve.\${name} is the number of further tensors, not \${count}\`);
    }
  }
  const room = PARAMS.reduce((sum, param) => sum + alignUp(bytesOf(param)) * (own(reserve, param.name) ?? 0), 0);
  const pages = Math.max(1, Math.ceil((alignUp(BYTES) + room) / PAGE));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return createKernel(exports, memory);
}

function createKernel(exports, memory) {
  let next = alignUp(BYTES);
  const tensorAt = (param, address) => new param.array(memory.buffer, address, param.length);
  const tensors = Object.create(null);
  for (const param of PARAMS) tensors[param.name] = tensorAt(param, param.address);
  Object.freeze(tensors);

  const firstTensors = [...PARAMS.map((param) => param.address), ...PACKED, WORKSPACE];
  let isPrepared = CONSTANTS.length === 0;

  function prepare(constants) {
    if (constants !== undefined) {
      for (const name of Object.keys(constants)) {
        if (!paramNamed(name).constant) throw new TypeError(\`\${name} is not constant: run() and call() take it\`);
      }
      for (const param of CONSTANTS) checkValues(param, own(constants, param.name));
      for (const { name } of CONSTANTS) tensors[name].set(constants[name]);
    }
    if (PACKED.length > 0) exports.prepare(...firstTensors);
    isPrepared = true;
  }

  function checkPrepared() {
    if (isPrepared) return;
    const names = CONSTANTS.map((param) => param.name).join(', ');
    throw new Error(\`prepare() comes first: it takes what is constant, \${names}\`);
  }

  function checkGiven(given) {
    for (const name of Object.keys(given)) {
      if (paramNamed(name).constant) throw new TypeError(\`\${name} is constant: prepare() takes it\`);
    }
  }

  function allocate(name) {
    const param = paramNamed(name);
    if (param.constant) throw new TypeError(\`\${name} is constant: there is one of it\`);
    const end = next + alignUp(bytesOf(param));
    if (end > memory.buffer.byteLength) {
      throw new RangeError(\`no room for another \${name}: ask for it with load({ reserve: { \${name}: ... } })\`);
    }
    const tensor = tensorAt(param, next);
    next = end;
    return tensor;
  }

  function addressOf(param, tensor) {
    checkTensor(param, tensor);
    if (tensor.buffer !== memory.buffer) {
      throw new TypeError(\`\${param.name} is not in the kernel's memory: use tensors, allocate() or call()\`);
    }
    if (tensor.byteOffset % 16 !== 0) throw new TypeError(\`\${param.name} does not start at a multiple of 16 bytes\`);
    return tensor.byteOffset;
  }

  function run(given) {
    checkPrepared();
    if (given === undefined) {
      exports.run(...firstTensors);
      return;
    }
    checkGiven(given);
    const addresses = PARAMS.map((param) => addressOf(param, own(given, param.name) ?? tensors[param.name]));
    checkOverlap(addresses);
    exports.run(...addresses, ...PACKED, WORKSPACE);
  }

  function call(inputs) {
    checkPrepared();
    checkGiven(inputs);
    for (const name of Object.keys(inputs)) {
      if (paramNamed(name).access === 'write') throw new TypeError(\`\${name} is an output: call() returns it\`);
    }
    const taken = PARAMS.filter((param) => param.access !== 'write' && !param.constant);
    for (const param of taken) checkValues(param, own(inputs, param.name));
    for (const { name } of taken) tensors[name].set(inputs[name]);
    run();
    const outputs = Object.create(null);
    for (const param of PARAMS) if (param.access !== 'read') outputs[param.name] = tensors[param.name].slice();
    return outputs;
  }

  return Object.freeze({ params, memory, tensors, allocate, run, call, ...(CONSTANTS.length > 0 && { prepare }) });
}

function checkValues(param, values) {
  if (typeof values !== 'object' || values === null || values.length !== param.length) {
    throw new TypeError(\`\${param.name} must have \${param.length} elements (\${describe(param)})\`);
  }
}

function own(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function describe(param) {
  return \`\${param.dtype}, shape [\${param.shape.join(', ')}]\`;
}

function paramNamed(name) {
  const param = PARAMS.find((candidate) => candidate.name === name);
  if (param === undefined) {
    throw new TypeError(\`no parameter is named \${String(name)}: there are \${PARAMS.map((p) => p.name).join(', ')}\`);
  }
  return param;
}

function checkTensor(param, tensor) {
  if (!(tensor instanceof param.array)) throw new TypeError(\`\${param.name} must be a \${param.array.name}\`);
  if (tensor.length !== param.length) {
    throw new TypeError(\`\${param.name} has \${tensor.length} elements, must have \${param.length} (\${describe(param)})\`);
  }
}

// The kernel was compiled on the promise that what it writes shares no byte with any other parameter or the workspace.
function checkOverlap(addresses) {
  const ends = PARAMS.map((param, i) => addresses[i] + bytesOf(param));
  PARAMS.forEach((a, i) => {
    if (addresses[i] < BYTES && ends[i] > PRIVATE) throw new TypeError(\`\${a.name} overlaps the workspace\`);
    if (a.access === 'read') return;
    PARAMS.forEach((b, j) => {
      if (i !== j && addresses[i] < ends[j] && addresses[j] < ends[i]) {
        throw new TypeError(\`\${a.name} is written and overlaps \${b.name}\`);
      }
    });
  });
}

async function bytesFrom(source) {
  if (!(source instanceof URL)) return source;
  if (source.protocol === 'file:') {
    const fs = 'node:fs/promises';
    const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ fs);
    return readFile(source);
  }
  const response = await fetch(source);
  if (!response.ok) throw new Error(\`cannot fetch \${source}: \${response.status} \${response.statusText}\`);
  return response.arrayBuffer();
}

async function compile(bytes) {
  if (!WebAssembly.validate(bytes)) throw new Error(\`this engine cannot run the kernel: it needs \${NEEDS}\`);
  return WebAssembly.compile(bytes);
}
`;

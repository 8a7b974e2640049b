/**
 * @file The TypeScript declarations of a built kernel's loader: exact names and lengths, documented for editors.
 * TypeScript looks for the types of `x.mjs` in `x.d.mts`, and nowhere else.
 */
import type { KernelParam } from '../../shared/protocol/kernel.js';
import {
  ARRAY_TYPES,
  commentText,
  elementCount,
  elementTypeOf,
  requirementOf,
  typeText,
  type ArtifactDescription,
} from './description.js';

/** @returns the text of `<fileName>.d.mts` */
export function declarationsFor(description: ArtifactDescription): string {
  const { abi, target } = description;
  const tensors = abi.params.map((param) => field(param, 'readonly ', ARRAY_TYPES[param.dtype]));
  const inputs = inputsOf(description).map((param) =>
    field(param, 'readonly ', `ArrayLike<${elementTypeOf(param.dtype)}>`),
  );
  const constants = constantsOf(description);
  const outputs = outputsOf(description).map((param) => field(param, '', ARRAY_TYPES[param.dtype]));
  return [
    header(description),
    '',
    "/** Arrays in the kernel's memory, row-major. */",
    `export interface Tensors {\n${tensors.join('\n')}\n}`,
    '',
    '/** What `call` takes: arrays of any kind with the right number of elements. */',
    `export interface Inputs {\n${inputs.join('\n')}\n}`,
    ...constantsText(constants),
    '',
    '/** What `call` returns: fresh arrays. */',
    `export interface Outputs {\n${outputs.join('\n')}\n}`,
    '',
    `export type ParamName = ${abi.params.map((param) => JSON.stringify(param.name)).join(' | ')};`,
    kernelText(constants.length > 0),
    `/** @throws Error when the engine lacks ${requirementOf(target)}. */`,
    'export function load(options?: LoadOptions): Promise<Kernel>;',
    '',
  ].join('\n');
}

function constantsText(constants: readonly KernelParam[]): string[] {
  if (constants.length === 0) return [];
  const fields = constants.map((param) =>
    field(param, 'readonly ', `ArrayLike<${elementTypeOf(param.dtype)}>`),
  );
  return [
    '',
    '/** What `prepare` takes: it stays the same from call to call. */',
    `export interface Constants {\n${fields.join('\n')}\n}`,
  ];
}

function inputsOf({ abi }: ArtifactDescription): KernelParam[] {
  return abi.params.filter((param) => param.access !== 'write' && !param.constant);
}

function constantsOf({ abi }: ArtifactDescription): KernelParam[] {
  return abi.params.filter((param) => param.constant);
}

function outputsOf({ abi }: ArtifactDescription): KernelParam[] {
  return abi.params.filter((param) => param.access !== 'read');
}

function header(description: ArtifactDescription): string {
  const { abi, target, fileName } = description;
  return `/**
 * ${commentText(abi.name)}, built for ${target} by Tilewright.
 *
 * @example
 * import { load } from './${fileName}.mjs';
 * const kernel = await load();${prepareExample(description)}
 * // Without copying: fill the tensors in the kernel's memory, run, read.
 * kernel.tensors${exampleField(inputsOf(description)[0])}.set(data);
 * kernel.run();
 * console.log(kernel.tensors${exampleField(outputsOf(description)[0])});
 */`;
}

function prepareExample(description: ArtifactDescription): string {
  const fields = constantsOf(description).map(
    (param) => `${JSON.stringify(commentText(param.name))}: weights`,
  );
  return fields.length === 0 ? '' : `\n * kernel.prepare({ ${fields.join(', ')} });`;
}

/** @param prepares whether there is something constant to prepare */
function kernelText(prepares: boolean): string {
  return `
export interface Param {
  readonly name: ParamName;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** \`write\`: every element is set. \`readwrite\`: the old contents matter. */
  readonly access: 'read' | 'write' | 'readwrite';
  /** Its contents stay the same from call to call: \`prepare\` takes them. */
  readonly constant: boolean;
  /** Number of elements. */
  readonly length: number;
}

export interface Kernel {
  readonly params: readonly Param[];
  readonly memory: WebAssembly.Memory;
  /** The first set of tensors: used by \`run\` where no other is given, and by \`call\`. */
  readonly tensors: Tensors;${prepares ? PREPARE : ''}
  /**
   * Another tensor for a parameter, in the kernel's memory.
   * @throws RangeError when no more were reserved with \`load({ reserve })\`.
   */
  allocate<N extends ParamName>(name: N): Tensors[N];
  /**
   * Runs on tensors in the kernel's memory, without copying.
   * @throws TypeError when a tensor is of the wrong type or length, lies elsewhere, or is written and overlaps another.
   */
  run(tensors?: Partial<Tensors>): void;
  /**
   * Copies the inputs in, runs, copies the outputs out.
   * @throws TypeError when an input is missing or has the wrong length.
   */
  call(inputs: Inputs): Outputs;
}

export interface LoadOptions {
  /** The module, when it is not to be loaded from the \`.wasm\` file beside the loader. */
  wasm?: BufferSource | WebAssembly.Module | URL;
  /** How many further tensors of each parameter \`allocate\` will be asked for. */
  reserve?: { [N in ParamName]?: number };
}

export const params: readonly Param[];
`;
}

const PREPARE = `
  /**
   * Takes what is constant, and lays it out as the kernel wants it; before the first run, and again when it has changed.
   * Without an argument it takes what is in the tensors.
   * @throws TypeError when a constant is missing or has the wrong length.
   */
  prepare(constants?: Constants): void;`;

function field(param: KernelParam, modifier: string, type: string): string {
  return `  /** ${typeText(param)}: ${elementCount(param)} elements. */\n  ${modifier}${JSON.stringify(param.name)}: ${type};`;
}

/** `.A`, or `["odd name"]`. */
function exampleField(param: KernelParam | undefined): string {
  if (param === undefined) return '';
  return /^[A-Za-z_]\w*$/.test(param.name)
    ? `.${param.name}`
    : `[${JSON.stringify(commentText(param.name))}]`;
}

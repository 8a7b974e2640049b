/**
 * @file ONNX models of one operator, encoded by hand: the few messages of onnx.proto3 that such a model takes. Numbers in
 * front of fields are those of the schema.
 */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
  /** Attributes that are floats; the others are integers. */
  readonly floats?: Readonly<Record<string, number>>;
  /** An operator without further inputs that takes the output. */
  readonly then?: string;
}

export interface OnnxGraph {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly weights: readonly OnnxTensor[];
  readonly node: OnnxNode;
  readonly outputType: 'float32' | 'int64';
}

const OPSET = 20;
const IR_VERSION = 9;
const ELEMENT_TYPES = { float32: 1, int64: 7 } as const;
const ATTRIBUTE_TYPES = { float: 1, int: 2, ints: 7 } as const;

const text = new TextEncoder();

function varint(value: number): number[] {
  const digits: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...digits, rest];
    digits.push((rest % 128) + 128);
  }
}

function integer(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(field * 8), ...varint(value)]);
}

function float(field: number, value: number): Uint8Array {
  return concat([Uint8Array.from(varint(field * 8 + 5)), new Uint8Array(Float32Array.of(value).buffer)]);
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return concat([Uint8Array.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
}

function string(field: number, value: string): Uint8Array {
  return bytes(field, text.encode(value));
}

function message(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return bytes(field, concat(parts));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

function typeOf(type: keyof typeof ELEMENT_TYPES, shape: readonly number[] | null): Uint8Array {
  const dims = shape?.map((extent) => message(1, integer(1, extent)));
  return message(
    2,
    message(1, integer(1, ELEMENT_TYPES[type]), ...(dims === undefined ? [] : [message(2, ...dims)])),
  );
}

function attribute(name: string, value: number | readonly number[]): Uint8Array {
  const content =
    typeof value === 'number'
      ? [integer(3, value), integer(20, ATTRIBUTE_TYPES.int)]
      : [...value.map((item) => integer(8, item)), integer(20, ATTRIBUTE_TYPES.ints)];
  return message(5, string(1, name), ...content);
}

function floatAttribute(name: string, value: number): Uint8Array {
  return message(5, string(1, name), float(2, value), integer(20, ATTRIBUTE_TYPES.float));
}

/** @returns a ModelProto whose output is called `output` */
export function encodeModel({ inputs, weights, node, outputType }: OnnxGraph): Uint8Array {
  const first = node.then === undefined ? 'output' : 'between';
  const operator = message(
    1,
    ...node.inputs.map((name) => string(1, name)),
    string(2, first),
    string(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => attribute(name, value)),
    ...Object.entries(node.floats ?? {}).map(([name, value]) => floatAttribute(name, value)),
  );
  const next =
    node.then === undefined ? [] : [message(1, string(1, first), string(2, 'output'), string(4, node.then))];
  const graph = message(
    7,
    operator,
    ...next,
    string(2, 'operator'),
    ...weights.map(({ name, shape, values }) =>
      message(
        5,
        ...shape.map((extent) => integer(1, extent)),
        integer(2, ELEMENT_TYPES.float32),
        string(8, name),
        bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
      ),
    ),
    ...inputs.map(({ name, shape }) => message(11, string(1, name), typeOf('float32', shape))),
    message(12, string(1, 'output'), typeOf(outputType, null)),
  );
  return concat([integer(1, IR_VERSION), graph, message(8, string(1, ''), integer(2, OPSET))]);
}

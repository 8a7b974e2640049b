/** @file The reference tools' view of emitted bytes. */
import loadWabt from 'wabt';

const FEATURES = {
  simd: true,
  relaxed_simd: true,
  sign_extension: true,
  sat_float_to_int: true,
  mutable_globals: true,
  multi_value: true,
} as const;

export interface Wabt {
  /** The text of a module. @throws when it is not valid. */
  readonly toText: (bytes: Uint8Array) => string;
  /** The module as wabt writes it after reading it. */
  readonly rewrite: (bytes: Uint8Array) => Uint8Array;
}

export async function openWabt(): Promise<Wabt> {
  const wabt = await loadWabt();
  return {
    toText(bytes) {
      const module = wabt.readWasm(bytes, { ...FEATURES, check: true });
      module.validate();
      const text = module.toText({ foldExprs: false, inlineExport: false });
      module.destroy();
      return text;
    },
    rewrite(bytes) {
      const module = wabt.readWasm(bytes, { ...FEATURES, check: true });
      const { buffer } = module.toBinary({});
      module.destroy();
      return buffer;
    },
  };
}

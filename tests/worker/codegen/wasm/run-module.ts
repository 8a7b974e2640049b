/** @file Instantiates emitted modules in tests. */
export interface RunningModule {
  readonly run: (...args: number[]) => void;
  readonly bench: (...args: number[]) => void;
  readonly exports: WebAssembly.Exports;
}

export function runModule(bytes: Uint8Array, memory: WebAssembly.Memory): RunningModule {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)), {
    env: { memory },
  });
  const exported =
    (name: string) =>
    (...args: number[]): void => {
      const f = exports[name];
      if (typeof f !== 'function') throw new Error(`the module does not export ${name}`);
      f(...args);
    };
  return { run: exported('run'), bench: exported('bench'), exports };
}

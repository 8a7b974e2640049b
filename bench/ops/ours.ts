/** @file Our contender: the kernel of a tune, from the files that it exported. */
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { inputNamed, type Prepare } from './contender.js';

interface Kernel {
  readonly params: readonly { readonly name: string; readonly access: string; readonly constant: boolean }[];
  readonly tensors: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly run: () => void;
  readonly prepare?: (constants: Readonly<Record<string, Float32Array>>) => void;
}

const ModuleSchema = z.object({ load: z.custom<() => Promise<Kernel>>((f) => typeof f === 'function') });

/** @param path of the `.mjs` that a tune has written */
export function prepareOurs(path: string): Prepare {
  return async (_row, inputs) => {
    const loaded: unknown = await import(pathToFileURL(path).href);
    const kernel = await ModuleSchema.parse(loaded).load();
    const constants = kernel.params.filter(({ constant }) => constant).map(({ name }) => name);
    kernel.prepare?.(Object.fromEntries(constants.map((name) => [name, inputNamed(inputs, name)])));
    for (const { name, access, constant } of kernel.params) {
      if (access === 'read' && !constant) kernel.tensors[name]?.set(inputNamed(inputs, name));
    }
    const written = kernel.params.find(({ access }) => access !== 'read');
    return {
      run: kernel.run,
      output: async () => {
        kernel.run();
        return kernel.tensors[written?.name ?? ''] ?? [];
      },
    };
  };
}

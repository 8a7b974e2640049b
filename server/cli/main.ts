#!/usr/bin/env node
/** @file The command line: `tilewright serve | tune | workloads | show | apply`. */
import { Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../shared/support/errors.js';
import { createLocalTuner } from '../local-tuner.js';
import { serve } from '../serve.js';
import { applyCommand, showCommand, workloadsCommand, type ApplyOptions } from './inspect-commands.js';
import { tuneCommand, type TuneCommandOptions } from './tune-command.js';

/** Exit code for input that is refused. */
const REFUSED = 2;

const program = new Command('tilewright')
  .description('Tunes tensor programs for WebAssembly')
  .version('0.1.0')
  .showHelpAfterError();

program
  .command('serve')
  .description('serve the HTTP API; configured by TILEWRIGHT_… variables')
  .action(() => serve(process.env, createLocalTuner));

program
  .command('tune')
  .description('tune workloads or TVMScript files and write the best kernels')
  .argument('[programs...]', 'e.g. matmul:m=128,n=128,k=128, or file.py with one or more functions', [
    'matmul:m=128,n=128,k=128',
  ])
  .option('--target <id>', 'wasm, wasm-simd128 or wasm-relaxed-simd', 'wasm-simd128')
  .option('--trials <n>', 'candidates to measure, of all programs together (default: 64 each)', integer(1))
  .option('--seconds <s>', 'time after which no more candidates are measured', integer(1))
  .option('--patience <n>', 'rounds without an improvement after which the search ends', integer(1))
  .option('--weights <list>', 'how often each program runs in what it is a part of, e.g. 1,12,1', weights)
  .option('--seed <n>', 'of all random choices', integer(0), 0)
  .option('--func <name>', 'which function of the file')
  .option('--constants <names>', 'inputs that stay the same from call to call, e.g. W,B', names)
  .option('--out <dir>', 'where to write the files', 'out')
  .option('--server <url>', 'a running service; without it, one is started for this tune')
  .option('--json', 'end with one line of JSON')
  .action(async (programs: readonly string[], options: TuneCommandOptions) => {
    process.exitCode = await tuneCommand(programs, options);
  });

program
  .command('workloads')
  .description('list the built-in workloads with their parameters')
  .option('--json', 'as JSON')
  .action(workloadsCommand);

program
  .command('show')
  .description('print a trace as text')
  .argument('<file>', 'JSON with a trace, e.g. what tune --json printed')
  .option('--json', 'as JSON')
  .action(showCommand);

program
  .command('apply')
  .description('print a TVMScript file with a trace applied')
  .argument('<file>')
  .requiredOption('--trace <json>', 'file with the trace')
  .option('--func <name>', 'which function of the file')
  .option('--json', 'as JSON')
  .action((file: string, options: ApplyOptions) => applyCommand(file, options));

function integer(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < min)
      throw new InvalidArgumentError(`must be an integer of at least ${min}`);
    return value;
  };
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function weights(text: string): number[] {
  return text.split(',').map((weight) => {
    const value = Number(weight);
    if (!(value > 0)) throw new InvalidArgumentError('must be positive numbers, separated by commas');
    return value;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  const { line, column, text } = error.place;
  const place =
    line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`;
  process.stderr.write(`tilewright: ${error.message}${place}\n${text === undefined ? '' : `    ${text}\n`}`);
  process.exitCode = REFUSED;
}

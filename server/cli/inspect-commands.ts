/** @file `tilewright workloads`, `show` and `apply`: commands that need no service. */
import { readFile } from 'node:fs/promises';
import { TraceJsonSchema, type TraceJson } from '../../shared/protocol/measure.js';
import { applyTrace, traceFromJson, traceToText } from '../../shared/schedule/trace.js';
import { ScheduleError } from '../../shared/schedule/errors.js';
import { parseScript } from '../../shared/script/parse.js';
import { printScript } from '../../shared/script/print.js';
import { InputError } from '../../shared/support/errors.js';
import {
  parseWorkloadSpec,
  printWorkloadSpec,
  WORKLOAD_NAMES,
  WORKLOADS,
} from '../../shared/te/workload-table.js';

interface JsonOption {
  readonly json?: boolean;
}

export function workloadsCommand({ json }: JsonOption): void {
  const workloads = WORKLOAD_NAMES.map((name) => {
    const { summary, params } = WORKLOADS[name];
    return { name, summary, params, spec: printWorkloadSpec(parseWorkloadSpec(name)) };
  });
  if (json === true) return write(JSON.stringify(workloads));
  write(workloads.map(({ spec, summary }) => `${spec}\n    ${summary}`).join('\n'));
}

/** Prints a trace as text: of a file that holds a trace, a result of `tune --json`, or a candidate of the API. */
export async function showCommand(file: string, { json }: JsonOption): Promise<void> {
  const trace = traceFromJson(await readTrace(file));
  const text = traceToText(trace);
  write(json === true ? JSON.stringify({ text }) : text);
}

export interface ApplyOptions extends JsonOption {
  readonly trace: string;
  readonly func?: string;
}

/** Prints a script with a trace applied to its function. */
export async function applyCommand(file: string, { trace, func, json }: ApplyOptions): Promise<void> {
  const { functions } = parseScript(await readText(file));
  const chosen = func === undefined ? functions : functions.filter((candidate) => candidate.name === func);
  const [only, ...others] = chosen;
  if (only === undefined || others.length > 0) {
    const names = functions.map((candidate) => candidate.name).join(', ');
    throw new InputError('AMBIGUOUS_FUNCTION', `choose one of the functions with --func: ${names}`);
  }
  const script = printScript(apply(only, await readTrace(trace)));
  write(json === true ? JSON.stringify({ script }) : script);
}

function apply(func: Parameters<typeof applyTrace>[0], trace: TraceJson): Parameters<typeof printScript>[0] {
  try {
    return applyTrace(func, traceFromJson(trace)).func;
  } catch (error) {
    if (error instanceof ScheduleError) throw new InputError('TRACE_NOT_APPLICABLE', error.message);
    throw error;
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(
      'NO_FILE',
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The trace in a JSON file: the file itself, or the member `trace` somewhere in it. */
async function readTrace(file: string): Promise<TraceJson> {
  const text = await readText(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError('NOT_JSON', `${file} is not JSON`);
  }
  const found = findTrace(json);
  if (found === null) throw new InputError('NO_TRACE', `${file} holds no trace`);
  return found;
}

function findTrace(json: unknown): TraceJson | null {
  const parsed = TraceJsonSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  if (typeof json !== 'object' || json === null) return null;
  const { trace, candidate }: { trace?: unknown; candidate?: unknown } = json;
  return findTrace(trace) ?? findTrace(candidate);
}

function write(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`);
}

/**
 * @file One measuring host process: started with an IPC channel, spoken to one job at a time, and gone for good once it
 * has ended for whatever reason.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  FromHostSchema,
  type FromHost,
  type HostJob,
  type ToHost,
} from '../../shared/protocol/host-message.js';
import type { EngineFingerprint } from '../../shared/protocol/measure.js';
import { InternalError, invariant } from '../../shared/support/errors.js';

export interface HostProcessOptions {
  /** The Node binary that measures; the kernels are tuned for its engine. */
  readonly nodePath: string;
  /** Path of the host's main module, plain JavaScript. */
  readonly mainPath: string;
  /** Receives what the host writes to its standard error. */
  readonly log: (text: string) => void;
}

/** The host ended before it answered. */
export class HostLostError extends Error {
  override readonly name = 'HostLostError';
}

export interface HostProcess {
  /** @throws HostLostError when the host ends before it is ready; InternalError when it is no measuring host. */
  readonly ready: Promise<EngineFingerprint>;
  readonly isReady: () => boolean;
  readonly isAlive: () => boolean;
  /**
   * Has a job done. One at a time, and not before the host is ready.
   * @throws HostLostError when the host ends first; InternalError when it reports a defect.
   */
  readonly run: (job: HostJob) => Promise<FromHost>;
  /** Asks the host to give up the job with this id. */
  readonly cancel: (id: number) => void;
  /** Asks the process to end, and makes it; settles when it is gone. */
  readonly end: () => Promise<void>;
  /** Ends a process that does not listen. */
  readonly kill: () => void;
}

/** What a measuring process needs of the environment. Nothing else is handed on: it runs generated code. */
const ENVIRONMENT = ['PATH', 'SystemRoot', 'TILEWRIGHT_DEBUG'];

/** A host that was asked to end is killed after this time. */
const END_TIMEOUT_MS = 2000;

export function startHostProcess(options: HostProcessOptions): HostProcess {
  const child = spawn(options.nodePath, [options.mainPath], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]])),
  });
  child.stderr?.setEncoding('utf8').on('data', options.log);
  const gone = new Promise<void>((resolve) => onEnd(child, () => resolve()));
  const { state, ready, send, refuse } = listen(child);
  return {
    ready,
    isReady: () => state.isReady && state.lost === null,
    isAlive: () => state.lost === null,
    run(job) {
      invariant(state.waiting === null, 'the measuring host is given one job at a time');
      return new Promise((resolve, reject) => {
        state.waiting = { id: job.id, resolve, reject };
        if (state.lost === null) send(job);
        else refuse(state.lost);
      });
    },
    cancel: (id) => send({ type: 'cancel', id }),
    async end() {
      send({ type: 'shutdown' });
      const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
      await gone;
      clearTimeout(timer);
    },
    kill: () => child.kill('SIGKILL'),
  };
}

interface Waiting {
  readonly id: number;
  readonly resolve: (message: FromHost) => void;
  readonly reject: (error: Error) => void;
}

interface State {
  isReady: boolean;
  lost: HostLostError | null;
  /** The job that is being done. */
  waiting: Waiting | null;
}

interface Channel {
  readonly state: State;
  readonly ready: Promise<EngineFingerprint>;
  readonly send: (message: ToHost) => void;
  /** Rejects the job that is being done. */
  readonly refuse: (error: Error) => void;
}

/** Keeps the state up to date with what the process says, and with its end. */
function listen(child: ChildProcess): Channel {
  const state: State = { isReady: false, lost: null, waiting: null };
  const refuse = (error: Error): void => {
    state.waiting?.reject(error);
    state.waiting = null;
  };
  const ready = new Promise<EngineFingerprint>((resolve, reject) => {
    child.on('message', (raw) => {
      const { data: message, error } = FromHostSchema.safeParse(raw);
      if (message === undefined) {
        const defect = new InternalError(
          `the measuring host sent no message of the protocol: ${error.message}`,
        );
        reject(defect);
        refuse(defect);
      } else if (message.type === 'ready') {
        state.isReady = true;
        resolve(message.engine);
      } else if (message.type === 'error') {
        refuse(new InternalError(`${message.code}: ${message.message}`));
      } else if (message.id === state.waiting?.id) {
        const { resolve: answer } = state.waiting;
        state.waiting = null;
        answer(message);
      }
    });
    onEnd(child, (error) => {
      state.lost = error;
      reject(error);
      refuse(error);
    });
  });
  // Whoever needs the host asks for it; until then its end is nobody's error.
  ready.catch(() => undefined);
  const send = (message: ToHost): void => {
    // A failed write means that the process is ending, which is reported by itself.
    if (child.connected) child.send(message, () => undefined);
  };
  return { state, ready, send, refuse };
}

/** Calls back when the process has ended or could not be started; possibly twice. */
function onEnd(child: ChildProcess, callback: (error: HostLostError) => void): void {
  child.on('error', (error) => {
    callback(new HostLostError(`the measuring host cannot be started: ${error.message}`));
  });
  child.on('exit', (code, signal) => {
    callback(new HostLostError(`the measuring host ended (${signal ?? `exit code ${code}`})`));
  });
}

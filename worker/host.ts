/**
 * @file The measuring host: takes jobs off a channel, has the pool do them, sends the answers back. The channel is
 * Node's IPC to the parent process (main.ts).
 */
import { ToHostSchema, type FromHost, type ToHost } from '../shared/protocol/host-message.js';
import type { EngineFingerprint } from '../shared/protocol/measure.js';
import type { Pool } from './pool.js';

export interface HostOptions {
  readonly pool: Pool;
  readonly engine: EngineFingerprint;
  readonly send: (message: FromHost) => void;
  /** Called when the host is asked to end. */
  readonly onShutdown: () => void;
}

export interface Host {
  /** Takes one message from the channel, as it came. */
  readonly receive: (message: unknown) => void;
}

/** Announces itself with `ready`. */
export function startHost({ pool, engine, send, onShutdown }: HostOptions): Host {
  const running = new Map<number, AbortController>();

  const handle = (message: ToHost): void => {
    switch (message.type) {
      case 'measure':
      case 'race':
      case 'artifact': {
        const controller = new AbortController();
        running.set(message.id, controller);
        pool
          .run(message, controller.signal)
          .then(send)
          .catch((error: unknown) =>
            send({ type: 'error', id: message.id, code: 'INTERNAL', message: String(error) }),
          )
          .finally(() => running.delete(message.id));
        return;
      }
      case 'cancel':
        running.get(message.id)?.abort();
        return;
      case 'shutdown':
        onShutdown();
    }
  };

  send({ type: 'ready', engine });
  return {
    receive(raw) {
      const parsed = ToHostSchema.safeParse(raw);
      if (parsed.success) handle(parsed.data);
      else send({ type: 'error', id: idOf(raw), code: 'BAD_MESSAGE', message: parsed.error.message });
    },
  };
}

/** The id of a message that is otherwise unreadable. */
function idOf(raw: unknown): number | null {
  const id = typeof raw === 'object' && raw !== null && 'id' in raw ? raw.id : null;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : null;
}

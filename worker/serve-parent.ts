/** @file Connects the measuring host to the process that started it, and ends it with that process. */
import { InternalError } from '../shared/support/errors.js';
import { startHost } from './host.js';
import { createPool, type PoolOptions } from './pool.js';

function exit(): void {
  process.exit(0);
}

export function serveParent(options: PoolOptions): void {
  const send = process.send?.bind(process);
  if (send === undefined)
    throw new InternalError('the measuring host is started by the server, with an IPC channel');
  // Without a parent nobody wants the results. A kernel that hangs in the thread does not keep the process alive.
  process.on('disconnect', exit);
  if (!process.connected) exit();
  // Ctrl-C reaches the whole process group; the server decides when measuring ends.
  process.on('SIGINT', () => undefined);

  const pool = createPool(options);
  const host = startHost({
    pool,
    engine: options.engine,
    send: (message) => send(message),
    onShutdown: exit,
  });
  process.on('message', host.receive);
}

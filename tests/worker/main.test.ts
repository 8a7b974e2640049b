import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { mul } from '../../shared/ir/build.js';
import { EMPTY_TRACE } from '../../shared/protocol/measure.js';
import { printScript } from '../../shared/script/print.js';
import { HOST_MAIN_PATH } from '../support/build.js';
import { elementwise } from '../support/sample-programs.js';

const POISON_HOST_PATH = fileURLToPath(new URL('../support/poison-host.mjs', import.meta.url));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isGoneWithin(pid: number, limitMs: number): Promise<boolean> {
  for (let waited = 0; waited < limitMs; waited += 50) {
    if (!isAlive(pid)) return true;
    await sleep(50);
  }
  return false;
}

describe('the host process', () => {
  it('ends with its parent, even while a kernel hangs: no orphan', async () => {
    const job = {
      type: 'measure',
      id: 1,
      request: {
        script: printScript(elementwise('endless_run', 16, (x) => mul(x, 1))),
        target: 'wasm',
        trace: EMPTY_TRACE,
        options: { timeoutMs: 600_000 },
      },
    };
    // The parent prints the host's id once the kernel hangs.
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { spawn } from 'node:child_process';
         const host = spawn(process.execPath, [${JSON.stringify(POISON_HOST_PATH)}], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
         host.on('message', (message) => {
           if (message.type !== 'ready') return;
           host.send(${JSON.stringify(job)});
           setTimeout(() => console.log(host.pid), 500);
         });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await isGoneWithin(pid, 5000)).toBe(true);
  });

  it('answers unreadable messages with an error, and goes on', async () => {
    const host = spawn(process.execPath, [HOST_MAIN_PATH], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    try {
      const received: { type?: string; id?: unknown; code?: unknown }[] = [];
      host.on('message', (message) => received.push(message as object));
      await once(host, 'message');
      for (const raw of ['nonsense', 7, null, { type: 'measure', id: 3 }, { type: 'fly', id: -1 }])
        host.send(raw ?? 'null');
      while (received.length < 6) await once(host, 'message');
      expect(received[0]?.type).toBe('ready');
      const errors = received.slice(1);
      expect(errors.map(({ type, code }) => ({ type, code }))).toEqual(
        errors.map(() => ({ type: 'error', code: 'BAD_MESSAGE' })),
      );
      expect(errors.map(({ id }) => id)).toEqual([null, null, null, 3, null]);
      host.send({ type: 'shutdown' });
      await once(host, 'exit');
      expect(host.exitCode).toBe(0);
    } finally {
      host.kill('SIGKILL');
    }
  });

  it('refuses to run without a parent', async () => {
    const host = spawn(process.execPath, [HOST_MAIN_PATH], { stdio: 'ignore' });
    await once(host, 'exit');
    expect(host.exitCode).not.toBe(0);
  });
});

/** @file The exported loader in a real browser, unchanged. Without Chromium on the machine this is skipped. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { TARGETS } from '../../../shared/protocol/target.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { loaderFor } from '../../../worker/artifact/loader.js';
import { compileFunc } from '../../../worker/lower/compile.js';
import { temporaryDirectory } from '../../db/harness.js';

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--virtual-time-budget=10000',
];

const PAGE = `<!doctype html><title>waiting</title><pre id="out"></pre><script type="module">
  const out = document.getElementById('out');
  try {
    const { load } = await import('./best.mjs');
    const kernel = await load();
    const { C } = kernel.call({ A: new Float32Array(64).fill(2), B: new Float32Array(64).fill(3) });
    out.textContent = 'C ' + [...new Set(C)].join(' ') + ' of ' + C.length;
  } catch (error) {
    out.textContent = 'failed ' + error;
  }
</script>`;

it.skipIf(CHROMIUM === undefined)('works in Chromium (needs chromium)', { timeout: 60_000 }, async () => {
  const kernel = compileFunc(buildWorkload('matmul:m=8,n=8,k=8').func, TARGETS['wasm-simd128'], {
    bench: false,
  });
  const files = new Map<string, readonly [type: string, content: string | Uint8Array]>([
    ['/', ['text/html', PAGE]],
    [
      '/best.mjs',
      ['text/javascript', loaderFor({ abi: kernel.abi, target: 'wasm-simd128', fileName: 'best' })],
    ],
    ['/best.wasm', ['application/wasm', kernel.wasm]],
  ]);
  const server = createServer((request, response) => {
    const [type, content] = files.get(request.url ?? '') ?? ['text/plain', ''];
    response.writeHead(files.has(request.url ?? '') ? 200 : 404, { 'content-type': type }).end(content);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { stdout } = await promisify(execFile)(CHROMIUM ?? '', [
    ...FLAGS,
    `--user-data-dir=${temporaryDirectory()}`,
    '--dump-dom',
    `http://127.0.0.1:${port}/`,
  ]);
  expect(stdout).toContain('C 48 of 64');
});

/** @file A measuring host as the product's, but for its task: see poison-task.mjs. */
import { fingerprintOf, prepareEngine } from '../../dist/worker/engine.js';
import { serveParent } from '../../dist/worker/serve-parent.js';

serveParent({
  taskUrl: new URL('poison-task.mjs', import.meta.url).href,
  engine: fingerprintOf(prepareEngine()),
});

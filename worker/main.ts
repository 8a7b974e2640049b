/**
 * @file The measuring host process. Started by the server with an IPC channel, possibly under another Node binary: it
 * imports nothing native. It ends with its parent.
 */
import { fingerprintOf, prepareEngine } from './engine.js';
import { serveParent } from './serve-parent.js';

serveParent({ taskUrl: new URL('task.js', import.meta.url).href, engine: fingerprintOf(prepareEngine()) });

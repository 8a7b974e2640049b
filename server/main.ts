/** @file Entry of the service's process. */
import { createLocalTuner } from './local-tuner.js';
import { serve } from './serve.js';

await serve(process.env, createLocalTuner);

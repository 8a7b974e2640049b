/** @file The service as a process of its own, with a tuner that does nothing. */
import { serve } from '../../server/serve.js';
import { createMemoryTuner } from './memory-tuner.js';

await serve(process.env, createMemoryTuner);

import { describe, expect, it } from 'vitest';
import { WorkloadListSchema } from '../../../shared/protocol/workload.js';
import { WORKLOAD_NAMES } from '../../../shared/te/workload-table.js';
import { submitted, taskOf, testApp } from '../harness.js';

describe('the built-in workloads', () => {
  it('are all listed, and each can be submitted as listed', async () => {
    const service = testApp();
    const answer = await service.app.inject('/v1/workloads');
    const { items } = WorkloadListSchema.parse(answer.json());
    expect(items.map((workload) => workload.name)).toEqual([...WORKLOAD_NAMES]);
    for (const { spec } of items) {
      const tune = await submitted(service, { workload: spec });
      expect(taskOf(tune).workload).toBe(spec);
    }
  });
});

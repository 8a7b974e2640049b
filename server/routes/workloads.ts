/** @file `/v1/workloads`: the built-in operators. */
import { WorkloadListSchema, type Workload } from '../../shared/protocol/workload.js';
import {
  parseWorkloadSpec,
  printWorkloadSpec,
  WORKLOAD_NAMES,
  WORKLOADS,
  type WorkloadName,
} from '../../shared/te/workload-table.js';
import type { App } from '../services.js';

export function workloadRoutes(app: App): void {
  const schema = {
    summary: 'List the built-in workloads',
    tags: ['workloads'],
    response: { 200: WorkloadListSchema },
  };
  app.route({
    method: 'GET',
    url: '/workloads',
    schema,
    handler: async () => ({ items: WORKLOAD_NAMES.map(workloadResource) }),
  });
}

function workloadResource(name: WorkloadName): Workload {
  const { summary, params } = WORKLOADS[name];
  return {
    name,
    summary,
    params: Object.entries(params).map(([key, param]) => ({ name: key, ...param })),
    spec: printWorkloadSpec(parseWorkloadSpec(name)),
  };
}

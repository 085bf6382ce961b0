import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey } from '@kubus/shared/reconcile';
import type { FlowSchema } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { flowSchemas, writeConditions } from './execute.ts';
import { plan } from './plan.ts';

const levels = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'prioritylevelconfigurations' };

/** Says of each flow schema whether its priority level is there (the condition Dangling). */
export function createFlowSchemaController({ informers, api, clock }: ControllerContext): Controller {
  const schemas = informers.get<FlowSchema>(flowSchemas);
  return {
    name: 'flow-schema',
    reads: [flowSchemas, levels],
    watches: [
      { resource: flowSchemas, map: (schema, _, type) => (type === 'deleted' ? [] : [keyOf(schema)]) },
      {
        resource: levels,
        map: ({ metadata: { name } }, _, type) =>
          type === 'updated'
            ? []
            : schemas
                .list()
                .filter((schema) => levelOf(schema) === name)
                .map(keyOf),
      },
    ],
    keys: () => schemas.list().map(keyOf),
    reconcile: async ({ name }) => {
      const schema = schemas.get('', name);
      if (schema === undefined) return undefined;
      const exists = informers.get(levels).get('', levelOf(schema)) !== undefined;
      const now = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
      const conditions = plan(schema, exists, now);
      if (conditions !== undefined) await writeConditions(api, schema, conditions);
      return undefined;
    },
  };
}

const levelOf = ({ spec }: FlowSchema): string => spec?.priorityLevelConfiguration.name ?? '';

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({ namespace: '', name: metadata.name });

import { commonSettings, wholeNumber } from '@kubus/shared/settings';
import { z } from 'zod';

/** Environment variables of the scheduler. */
export const schedulerSettings = z.object({
  ...commonSettings,
  /** Pods that name another scheduler are left alone. */
  KUBUS_SCHEDULER_NAME: z.string().default('default-scheduler'),
  /** Part of the nodes that is scored for each pod; default by the size of the cluster, as kube-scheduler does. */
  KUBUS_SCHEDULER_NODES_TO_SCORE_PERCENTAGE: wholeNumber(1, 100).optional(),
  /** Bindings in one message at most. */
  KUBUS_SCHEDULER_BATCH_SIZE: wholeNumber(1, 2_000).default(200),
});

export type SchedulerSettings = z.infer<typeof schedulerSettings>;

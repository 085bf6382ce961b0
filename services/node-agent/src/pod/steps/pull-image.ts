import { imageKey } from '../plan.ts';
import type { StepExecutor } from './contract.ts';
import { ensureImage } from './ensure-image.ts';
import { specOf, succeeded } from './failures.ts';

/** Makes sure of the image of a container. */
export const pullImage: StepExecutor<'pull-image'> = async ({ container, image }, context) => {
  const policy = specOf(context, container).imagePullPolicy ?? 'IfNotPresent';
  if (!(await ensureImage({ image, policy, subject: container, users: [container] }, context))) return;
  context.memory.images.add(imageKey(container, image));
  succeeded(context, container);
};

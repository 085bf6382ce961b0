import type { Secret } from '@kubus/shared/schema';
import { invalidImageName, pullSecrets, pullWithSecrets } from '../../images/pull.ts';
import { ImageError } from '../../runtime/contract.ts';
import { nextBackoff } from '../backoff.ts';
import { imageKey } from '../plan.ts';
import type { StepContext, StepExecutor } from './contract.ts';
import { emit, failed, specOf, succeeded } from './failures.ts';

/** Makes sure that the image is there, as the container's pull policy says (Kubernetes: "Image pull policy"). */
export const pullImage: StepExecutor<'pull-image'> = async ({ container, image }, context) => {
  const { runtime, memory } = context;
  const invalid = invalidImageName(image);
  if (invalid !== undefined) {
    const message = `Failed to apply default image tag "${image}": ${invalid}`;
    emit(context, container, 'Warning', 'InspectFailed', message);
    emit(context, container, 'Warning', 'Failed', 'Error: InvalidImageName');
    return failed(context, container, 'InvalidImageName', message);
  }
  const policy = specOf(context, container).imagePullPolicy ?? 'IfNotPresent';
  const present = await runtime.hasImage(image);
  if (present && policy !== 'Always') {
    emit(context, container, 'Normal', 'Pulled', `Container image "${image}" already present on machine`);
    context.imageUsed?.(image, false);
    memory.images.add(imageKey(container, image));
    return succeeded(context, container);
  }
  if (policy === 'Never') {
    emit(
      context,
      container,
      'Warning',
      'ErrImageNeverPull',
      `Container image "${image}" is not present with pull policy of Never`,
    );
    return failed(
      context,
      container,
      'ErrImageNeverPull',
      `Container image "${image}" is not present with pull policy of Never`,
    );
  }
  emit(context, container, 'Normal', 'Pulling', `Pulling image "${image}"`);
  const started = context.now();
  try {
    const secrets = await secretsOf(container, context);
    let began = started;
    await (context.limitPulls ?? ((pull) => pull()))(async () => {
      began = context.now();
      await pullWithSecrets(runtime, image, secrets);
    });
    const seconds = (since: number) => `${((context.now() - since) / 1000).toFixed(3)}s`;
    emit(
      context,
      container,
      'Normal',
      'Pulled',
      `Successfully pulled image "${image}" in ${seconds(began)} (${seconds(started)} including waiting).`,
    );
    memory.images.add(imageKey(container, image));
    context.imageUsed?.(image, !present);
    memory.backoffs.delete(backoffKey(image));
    succeeded(context, container);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    backOff(container, image, error, context);
  }
};

async function secretsOf(container: string, context: StepContext): Promise<Secret[]> {
  const { secrets, missing } = await pullSecrets(context.pod, context.config(context.pod));
  if (missing.length > 0)
    emit(
      context,
      container,
      'Warning',
      'FailedToRetrieveImagePullSecret',
      `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`,
    );
  return secrets;
}

const backoffKey = (image: string) => `pull ${image}`;

/** First the error itself is shown; while the next attempt is waited for, that it is waited for. */
function backOff(
  container: string,
  image: string,
  error: ImageError,
  context: Parameters<StepExecutor<'pull-image'>>[1],
): void {
  const { memory, now } = context;
  emit(context, container, 'Warning', 'Failed', `Failed to pull image "${image}": ${error.message}`);
  emit(context, container, 'Warning', 'Failed', 'Error: ErrImagePull');
  const backoff = nextBackoff(memory.backoffs.get(backoffKey(image)), now());
  memory.backoffs.set(backoffKey(image), backoff);
  failed(context, container, 'ErrImagePull', error.message, backoff.seconds * 1000);
  setTimeout(() => {
    if (memory.waiting.get(container)?.reason !== 'ErrImagePull') return;
    emit(context, container, 'Normal', 'BackOff', `Back-off pulling image "${image}"`);
    emit(context, container, 'Warning', 'Failed', 'Error: ImagePullBackOff');
    memory.waiting.set(container, {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": ErrImagePull: ${error.message}`,
    });
    context.wake();
  }, 1_000).unref();
}

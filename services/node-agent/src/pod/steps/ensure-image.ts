import type { Secret } from '@kubus/shared/schema';
import { credentialsFor, type RegistryAuth } from '../../images/credentials.ts';
import { ofNode } from '../../images/providers/index.ts';
import { invalidImageName, pullSecrets, pullWithCredentials } from '../../images/pull.ts';
import { ImageError } from '../../runtime/contract.ts';
import { nextBackoff } from '../backoff.ts';
import type { StepContext } from './contract.ts';
import { emit, failed } from './failures.ts';

export interface ImageWish {
  image: string;
  /** Kubernetes: imagePullPolicy, pullPolicy. */
  policy: string;
  /** Whom events are about: a container; '' is the pod. */
  subject: string;
  /** Containers that cannot start without it, and show why they wait. */
  users: readonly string[];
}

/** Makes sure that an image is there, as its pull policy says (Kubernetes: "Image pull policy"); false when it is not: then its users wait. */
export async function ensureImage(wish: ImageWish, context: StepContext): Promise<boolean> {
  const { image, policy, subject } = wish;
  const invalid = invalidImageName(image);
  if (invalid !== undefined) {
    const message = `Failed to apply default image tag "${image}": ${invalid}`;
    emit(context, subject, 'Warning', 'InspectFailed', message);
    emit(context, subject, 'Warning', 'Failed', 'Error: InvalidImageName');
    return wait(wish, context, 'InvalidImageName', message);
  }
  const present = await context.runtime.hasImage(image);
  if (present && policy !== 'Always' && (await mayUse(image, context))) {
    emit(
      context,
      subject,
      'Normal',
      'Pulled',
      `Container image "${image}" already present on machine and can be accessed by the pod`,
    );
    context.imageUsed?.(image, false);
    return true;
  }
  if (policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    emit(context, subject, 'Warning', 'ErrImageNeverPull', message);
    return wait(wish, context, 'ErrImageNeverPull', message);
  }
  try {
    await pull(wish, context);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return backOff(wish, error, context);
  }
  context.imageUsed?.(image, !present);
  context.memory.backoffs.delete(backoffKey(image));
  return true;
}

/** Whether the pod has what the image that is there was pulled with. */
async function mayUse(image: string, context: StepContext): Promise<boolean> {
  const { pod, config, runtime, pulledImages } = context;
  const credentials = async () => [
    ...credentialsFor(image, (await pullSecrets(pod, config(pod))).secrets),
    ...(await provided(image, context)),
  ];
  return pulledImages?.mayUse(image, () => runtime.imageId(image), credentials) ?? true;
}

function wait(
  { users }: ImageWish,
  context: StepContext,
  reason: string,
  message: string,
  delayMs = context.retryMs,
): false {
  for (const user of users) failed(context, user, reason, message, delayMs);
  return false;
}

async function pull({ image, subject }: ImageWish, context: StepContext): Promise<void> {
  const { now } = context;
  emit(context, subject, 'Normal', 'Pulling', `Pulling image "${image}"`);
  const started = now();
  const secrets = await secretsOf(subject, context);
  let began = started;
  await (context.limitPulls ?? ((work) => work()))(async () => {
    began = now();
    await pullAs([...credentialsFor(image, secrets), ...(await provided(image, context))], image, context);
  });
  const seconds = (since: number) => `${((now() - since) / 1000).toFixed(3)}s`;
  const message = `Successfully pulled image "${image}" in ${seconds(began)} (${seconds(started)} including waiting).`;
  emit(context, subject, 'Normal', 'Pulled', message);
}

/** What programs of the node know of the image; they are asked after the pod's own secrets. */
const provided = (image: string, { pod, providedCredentials }: StepContext): Promise<RegistryAuth[]> =>
  providedCredentials?.(image, pod) ?? Promise.resolve([]);

async function pullAs(credentials: readonly RegistryAuth[], image: string, context: StepContext): Promise<void> {
  const { runtime, pulledImages } = context;
  if (credentials.length > 0) await pulledImages?.pulling(image);
  try {
    const auth = await pullWithCredentials(runtime, image, credentials);
    // What the node has credentials for, all its pods may use.
    const known = auth?.holder === ofNode ? undefined : auth;
    await pulledImages?.pulled(image, () => runtime.imageId(image), known);
  } catch (error) {
    await pulledImages?.failed(image);
    throw error;
  }
}

async function secretsOf(subject: string, context: StepContext): Promise<Secret[]> {
  const { secrets, missing } = await pullSecrets(context.pod, context.config(context.pod));
  if (missing.length > 0)
    emit(
      context,
      subject,
      'Warning',
      'FailedToRetrieveImagePullSecret',
      `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`,
    );
  return secrets;
}

const backoffKey = (image: string) => `pull ${image}`;

/** First the error itself is shown; while the next attempt is waited for, that it is waited for. */
function backOff(wish: ImageWish, error: ImageError, context: StepContext): false {
  const { image, subject, users } = wish;
  const { memory, now } = context;
  emit(context, subject, 'Warning', 'Failed', `Failed to pull image "${image}": ${error.message}`);
  emit(context, subject, 'Warning', 'Failed', 'Error: ErrImagePull');
  const backoff = nextBackoff(memory.backoffs.get(backoffKey(image)), now());
  memory.backoffs.set(backoffKey(image), backoff);
  wait(wish, context, 'ErrImagePull', error.message, backoff.seconds * 1000);
  setTimeout(() => {
    const waiting = users.filter((user) => memory.waiting.get(user)?.reason === 'ErrImagePull');
    if (waiting.length === 0) return;
    emit(context, subject, 'Normal', 'BackOff', `Back-off pulling image "${image}"`);
    emit(context, subject, 'Warning', 'Failed', 'Error: ImagePullBackOff');
    const message = `Back-off pulling image "${image}": ErrImagePull: ${error.message}`;
    for (const user of waiting) memory.waiting.set(user, { reason: 'ImagePullBackOff', message });
    context.wake();
  }, 1_000).unref();
  return false;
}

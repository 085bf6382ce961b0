import { VolumeError } from '../../volumes/contract.ts';
import { imageVolumeKey, usersOf } from '../image-volumes.ts';
import type { StepContext, StepExecutor } from './contract.ts';
import { ensureImage } from './ensure-image.ts';
import { emit, failed, messageOf, succeeded } from './failures.ts';

/** Brings the files of an image into a volume: once in a pod's life, also when the image is another one by then (KEP-4639). */
export const fillImageVolume: StepExecutor<'fill-image-volume'> = async ({ volume: name }, context) => {
  const { pod, memory, runtime, volumes } = context;
  const users = usersOf(pod, name);
  const { reference: image = '', pullPolicy: policy = 'IfNotPresent' } =
    pod.spec?.volumes?.find((volume) => volume.name === name)?.image ?? {};
  // An agent that starts anew finds it as its predecessor left it.
  if (!(await volumes.isFilled(pod, name))) {
    if (!(await ensureImage({ image, policy, subject: '', users }, context))) return retryWith(users, name, context);
    try {
      await volumes.fill(pod, name, () => runtime.imageFiles(image));
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      emit(context, '', 'Warning', 'Failed', `Error: ${messageOf(error)}`);
      for (const user of users) failed(context, user, 'ImageVolumeMountFailed', messageOf(error));
      return retryWith(users, name, context);
    }
  }
  memory.images.add(imageVolumeKey(name));
  memory.retryAt.delete(imageVolumeKey(name));
  for (const user of users) succeeded(context, user);
};

/** The volume is tried again when the containers are that wait for it. */
function retryWith(users: readonly string[], volume: string, { memory }: StepContext): void {
  const times = users.map((user) => memory.retryAt.get(user) ?? 0);
  memory.retryAt.set(imageVolumeKey(volume), Math.max(0, ...times));
}

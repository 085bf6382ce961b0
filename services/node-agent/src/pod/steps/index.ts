import type { Step, StepName } from '../plan.ts';
import type { StepContext, StepExecutor } from './contract.ts';
import { fillImageVolume } from './fill-image-volume.ts';
import { noteBackOff } from './note-back-off.ts';
import { pullImage } from './pull-image.ts';
import { removeContainer } from './remove-container.ts';
import { removeVolumes } from './remove-volumes.ts';
import { reportDeleted } from './report-deleted.ts';
import { resizeContainer } from './resize-container.ts';
import { runContainer } from './run-container.ts';
import { runPostStart } from './run-post-start.ts';
import { runSandbox } from './run-sandbox.ts';
import { setUpVolumes } from './set-up-volumes.ts';
import { startContainer } from './start-container.ts';
import { stopContainer } from './stop-container.ts';

/** A step without an executor does not compile. */
const executors: { [Name in StepName]: StepExecutor<Name> } = {
  'set-up-volumes': setUpVolumes,
  'run-sandbox': runSandbox,
  'start-container': startContainer,
  'pull-image': pullImage,
  'fill-image-volume': fillImageVolume,
  'run-container': runContainer,
  'run-post-start': runPostStart,
  'resize-container': resizeContainer,
  'note-back-off': noteBackOff,
  'stop-container': stopContainer,
  'remove-container': removeContainer,
  'remove-volumes': removeVolumes,
  'report-deleted': reportDeleted,
};

export function executeStep(step: Step, context: StepContext): Promise<void> {
  const execute = executors[step.step] as (step: Step, context: StepContext) => Promise<void>;
  return execute(step, context);
}

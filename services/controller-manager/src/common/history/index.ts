export {
  done,
  type HistoryActionMap,
  type HistoryTarget,
  historyExecutors,
  type Outcome,
  outcomeOf,
} from './executors.ts';
export { planHistory, surplusRevisions } from './plan.ts';
export {
  controllerRevisions,
  newRevision,
  revisionHashLabel,
  templateOf,
} from './revision.ts';

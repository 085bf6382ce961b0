export { createRevision, deleteRevisions, renumberRevision } from './execute.ts';
export { type HistoryPlan, planHistory, surplusRevisions } from './plan.ts';
export {
  byRevision,
  controllerRevisions,
  newRevision,
  revisionHashLabel,
  templateOf,
} from './revision.ts';

/** What both versions of a Backup have. */
interface Common {
  kind: string;
  metadata: { annotations?: Record<string, string>; [field: string]: unknown };
  status?: object;
}

export interface BackupV1 extends Common {
  apiVersion: 'shop.example.com/v1';
  spec: { schedule: string; target: string; keep: { daily: number; weekly: number } };
}

export interface BackupV1beta1 extends Common {
  apiVersion: 'shop.example.com/v1beta1';
  spec: { cron: string; to: string; copies?: number };
}

export type Backup = BackupV1 | BackupV1beta1;

/** v1beta1 has no field for it, so it travels in an annotation: there and back again, nothing is lost. */
const WEEKLY = 'shop.example.com/weekly-copies';
const DAILY_BY_DEFAULT = 7;
const WEEKLY_BY_DEFAULT = 4;

/** The same backup in another version. Throws Error for a version that is none. */
export function convert(backup: Backup, apiVersion: string): Backup {
  if (backup.apiVersion === apiVersion) return backup;
  if (backup.apiVersion === 'shop.example.com/v1beta1' && apiVersion === 'shop.example.com/v1') {
    return newer(backup, apiVersion);
  }
  if (backup.apiVersion === 'shop.example.com/v1' && apiVersion === 'shop.example.com/v1beta1') {
    return older(backup, apiVersion);
  }
  throw new Error(`Backup is not known in ${apiVersion}`);
}

function newer(backup: BackupV1beta1, apiVersion: BackupV1['apiVersion']): BackupV1 {
  const { [WEEKLY]: weekly = WEEKLY_BY_DEFAULT, ...annotations } = backup.metadata.annotations ?? {};
  const { cron, to, copies = DAILY_BY_DEFAULT } = backup.spec;
  return {
    ...backup,
    apiVersion,
    metadata: { ...backup.metadata, annotations },
    spec: { schedule: cron, target: to, keep: { daily: copies, weekly: Number(weekly) } },
  };
}

function older(backup: BackupV1, apiVersion: BackupV1beta1['apiVersion']): BackupV1beta1 {
  const { schedule, target, keep } = backup.spec;
  const annotations = { ...backup.metadata.annotations, [WEEKLY]: String(keep.weekly) };
  return {
    ...backup,
    apiVersion,
    metadata: { ...backup.metadata, annotations },
    spec: { cron: schedule, to: target, copies: keep.daily },
  };
}

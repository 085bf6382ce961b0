import type { DeviceToleration, ResourceClaimSpec, ResourceSlice } from '../../schema/index.ts';

interface Counted {
  allocationMode?: string;
  count?: number;
  tolerations?: DeviceToleration[];
}

/** pkg/apis/resource/v1 defaults of requests and what they tolerate. */
export function setClaimDefaults(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable = [] } of spec?.devices?.requests ?? []) {
    for (const request of exactly === undefined ? firstAvailable : [exactly, ...firstAvailable]) {
      setRequestDefaults(request);
    }
  }
}

function setRequestDefaults(request: Counted): void {
  request.allocationMode ||= 'ExactCount';
  if (request.allocationMode === 'ExactCount') request.count ||= 1;
  for (const toleration of request.tolerations ?? []) toleration.operator ||= 'Equal';
}

/** A taint's time is that of its appearance. */
export function setSliceTimes({ spec }: ResourceSlice, now: string): void {
  for (const { taints = [] } of spec?.devices ?? []) {
    for (const taint of taints) taint.timeAdded ??= now;
  }
}

import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';

/** Kubernetes: AlwaysAdmit, deprecated: nothing speaks against anything. */
export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit', concerns: () => false };

/** Kubernetes: AlwaysDeny, deprecated: nothing is written and nobody connected, whoever asks. */
export const alwaysDeny: AdmissionPlugin = { name: 'AlwaysDeny', concerns: () => true, admit: deny, validate: deny };

function deny(request: AdmissionRequest): never {
  throw refusal(request, 'admission control is denying all modifications');
}

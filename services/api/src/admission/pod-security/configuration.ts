import { names } from '@kubus/shared/object';
import { z } from 'zod';
import { parseConfigurationFile } from '../../configuration-file.ts';
import { type Level, levels, minorOf, type Policy, unrestricted } from './policy.ts';

/** What holds where a namespace's labels say nothing, and for whom nothing holds. */
export interface PodSecurityConfiguration {
  defaults: Policy;
  exemptions: Exemptions;
}

/** Of who asks, of where, and of what a pod is run by. */
interface Exemptions {
  usernames: ReadonlySet<string>;
  namespaces: ReadonlySet<string>;
  runtimeClasses: ReadonlySet<string>;
}

export const noConfiguration: PodSecurityConfiguration = {
  defaults: { enforce: unrestricted, audit: unrestricted, warn: unrestricted },
  exemptions: { usernames: new Set(), namespaces: new Set(), runtimeClasses: new Set() },
};

const level = z.enum(levels as [Level, ...Level[]]).default('privileged');
const version = z
  .string()
  .refine((text) => minorOf(text) !== undefined, 'must be "latest" or "v1.x"')
  .default('latest');

const namesOf = (check: (name: string) => readonly string[]) =>
  z
    .array(z.string().refine((name) => check(name).length === 0, 'is no such name'))
    .default([])
    .refine((all) => new Set(all).size === all.length, 'a name is there twice')
    .transform((all): ReadonlySet<string> => new Set(all));

const podSecurity = z.strictObject({
  apiVersion: z.enum(['v1', 'v1beta1', 'v1alpha1'].map((name) => `pod-security.admission.config.k8s.io/${name}`)),
  kind: z.literal('PodSecurityConfiguration'),
  defaults: z
    .strictObject({
      enforce: level,
      'enforce-version': version,
      audit: level,
      'audit-version': version,
      warn: level,
      'warn-version': version,
    })
    .prefault({}),
  exemptions: z
    .strictObject({
      usernames: namesOf((name) => (name === '' ? ['Required value'] : [])),
      namespaces: namesOf(names.dnsLabel),
      runtimeClasses: namesOf(names.dnsSubdomain),
    })
    .prefault({}),
});

/** Throws SettingsError. */
export function parsePodSecurity(text: string, where: string): PodSecurityConfiguration {
  const { defaults, exemptions } = parseConfigurationFile(podSecurity, text, where);
  const standard = (mode: keyof Policy) => ({
    level: defaults[mode],
    minor: minorOf(defaults[`${mode}-version`]) ?? Number.POSITIVE_INFINITY,
  });
  return { defaults: { enforce: standard('enforce'), audit: standard('audit'), warn: standard('warn') }, exemptions };
}

import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type {
  MatchCondition,
  MutatingWebhook,
  ServiceReference,
  ValidatingWebhook,
  WebhookClientConfig,
} from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateLabelSelector } from '../workload.ts';
import { ruleErrors } from './validate-rules.ts';

const failurePolicies = ['Fail', 'Ignore'];
const matchPolicies = ['Equivalent', 'Exact'];
const sideEffectClasses = ['None', 'NoneOnDryRun'];
const reviewVersions = ['v1', 'v1beta1'];
const reinvocationPolicies = ['IfNeeded', 'Never'];

/** pkg/apis/admissionregistration/validation validateValidatingWebhookConfiguration. */
export function validateWebhooks(webhooks: readonly (ValidatingWebhook | MutatingWebhook)[] = []): FieldError[] {
  const seen = new Set<string>();
  return webhooks.flatMap((webhook, i) => {
    const where = `webhooks[${i}]`;
    const errors = webhookErrors(webhook, where);
    if (seen.has(webhook.name)) errors.push(field.duplicate(`${where}.name`, webhook.name));
    seen.add(webhook.name);
    return errors;
  });
}

function webhookErrors(webhook: ValidatingWebhook | MutatingWebhook, where: string): FieldError[] {
  const { timeoutSeconds = 10, sideEffects } = webhook;
  const errors = qualifiedNameErrors(webhook.name ?? '', `${where}.name`);
  errors.push(...(webhook.rules ?? []).flatMap((rule, i) => ruleErrors(rule, `${where}.rules[${i}]`)));
  errors.push(...oneOf(webhook.failurePolicy, `${where}.failurePolicy`, failurePolicies));
  errors.push(...oneOf(webhook.matchPolicy, `${where}.matchPolicy`, matchPolicies));
  if (sideEffects === undefined) {
    errors.push(field.required(`${where}.sideEffects`, `must specify one of ${sideEffectClasses.join(', ')}`));
  } else errors.push(...oneOf(sideEffects, `${where}.sideEffects`, sideEffectClasses));
  if (timeoutSeconds < 1 || timeoutSeconds > 30) {
    const why = 'the timeout value must be between 1 and 30 seconds';
    errors.push(field.invalid(`${where}.timeoutSeconds`, timeoutSeconds, why));
  }
  errors.push(...validateLabelSelector(webhook.namespaceSelector, `${where}.namespaceSelector`));
  errors.push(...validateLabelSelector(webhook.objectSelector, `${where}.objectSelector`));
  errors.push(...clientErrors(webhook.clientConfig ?? {}, `${where}.clientConfig`));
  errors.push(...versionErrors(webhook.admissionReviewVersions ?? [], `${where}.admissionReviewVersions`));
  errors.push(...conditionErrors(webhook.matchConditions ?? [], `${where}.matchConditions`));
  const { reinvocationPolicy } = webhook as MutatingWebhook;
  return [...errors, ...oneOf(reinvocationPolicy, `${where}.reinvocationPolicy`, reinvocationPolicies)];
}

/** Nothing is said of what is absent. */
export function oneOf(value: string | undefined, where: string, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [field.notSupported(where, value, supported)];
}

function qualifiedNameErrors(name: string, where: string): FieldError[] {
  if (name === '') return [field.required(where)];
  const errors = field.invalids(where, name, names.dnsSubdomain(name));
  if (errors.length > 0 || name.split('.').length >= 3) return errors;
  return [field.invalid(where, name, 'should be a domain with at least three segments separated by dots')];
}

function clientErrors({ url, service }: WebhookClientConfig, where: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [field.required(where, 'exactly one of url or service is required')];
  }
  return url === undefined
    ? serviceErrors(service as ServiceReference, `${where}.service`)
    : urlErrors(url, `${where}.url`);
}

const form = '; desired format: https://host[/path]';

function urlErrors(text: string, where: string): FieldError[] {
  if (!URL.canParse(text)) return [field.required(where, `url must be a valid URL: ${JSON.stringify(text)}${form}`)];
  const { protocol, host, username, password, hash, search } = new URL(text);
  const scheme = protocol.slice(0, -1);
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(field.invalid(where, scheme, `'https' is the only allowed URL scheme${form}`));
  if (host === '') errors.push(field.invalid(where, host, `host must be specified${form}`));
  if (username !== '' || password !== '') {
    errors.push(field.invalid(where, username, 'user information is not permitted in the URL'));
  }
  if (hash !== '') errors.push(field.invalid(where, hash.slice(1), 'fragments are not permitted in the URL'));
  if (search !== '')
    errors.push(field.invalid(where, search.slice(1), 'query parameters are not permitted in the URL'));
  return errors;
}

function serviceErrors({ name, namespace, path, port = 443 }: ServiceReference, where: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(field.required(`${where}.name`, 'service name is required'));
  if (!namespace) errors.push(field.required(`${where}.namespace`, 'service namespace is required'));
  const reasons = names.portNumber(port).map((why) => `port is not valid: ${why}`);
  errors.push(...field.invalids(`${where}.port`, port, reasons));
  return path === undefined ? errors : [...errors, ...pathErrors(path, `${where}.path`)];
}

function pathErrors(path: string, where: string): FieldError[] {
  if (path === '/' || path === '') return [];
  if (!path.startsWith('/')) return [field.invalid(where, path, "must start with a '/'")];
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  return segments.flatMap((segment, i) =>
    segment === ''
      ? [field.invalid(where, path, `segment[${i}] may not be empty`)]
      : names.dnsSubdomain(segment).map((why) => field.invalid(where, path, `segment[${i}]: ${why}`)),
  );
}

function versionErrors(versions: readonly string[], where: string): FieldError[] {
  if (versions.length === 0) return [field.required(where, `must specify one of ${reviewVersions.join(', ')}`)];
  const seen = new Set<string>();
  const errors = versions.flatMap((version, i) => {
    const own = field.invalids(`${where}[${i}]`, version, names.dns1035Label(version));
    if (seen.has(version)) own.push(field.duplicate(`${where}[${i}]`, version));
    seen.add(version);
    return own;
  });
  if (versions.some((version) => reviewVersions.includes(version))) return errors;
  return [...errors, field.invalid(where, versions, `must include at least one of ${reviewVersions.join(', ')}`)];
}

const MAX_CONDITIONS = 64;

/** Names and presence; whether an expression compiles is for who evaluates it. */
export function conditionErrors(conditions: readonly MatchCondition[], where: string): FieldError[] {
  const seen = new Set<string>();
  const errors = conditions.flatMap(({ name = '', expression = '' }, i) => {
    const at = `${where}[${i}]`;
    const own = expression.trim() === '' ? [field.required(`${at}.expression`)] : [];
    if (name === '') return [...own, field.required(`${at}.name`)];
    own.push(...field.invalids(`${at}.name`, name, names.qualifiedName(name)));
    if (seen.has(name)) own.push(field.duplicate(`${at}.name`, name));
    seen.add(name);
    return own;
  });
  if (conditions.length > MAX_CONDITIONS) errors.unshift(field.tooMany(where, conditions.length, MAX_CONDITIONS));
  return errors;
}

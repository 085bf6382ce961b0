import { type CelEnv, CelError, compile, listOf, mapOf, objectOf, type Program, types } from '@kubus/shared/cel';
import { SettingsError } from '@kubus/shared/settings';

const { string, bool } = types;

const selector = (name: string) =>
  objectOf(name, {
    rawSelector: string,
    requirements: listOf(
      objectOf('kubernetes.SelectorRequirement', { key: string, operator: string, values: listOf(string) }),
    ),
  });

/** What expressions know as `request`: the spec of a SubjectAccessReview (apiserver/pkg/authorization/cel buildRequestType). */
const environment: CelEnv = {
  variables: new Map([
    [
      'request',
      objectOf('kubernetes.SubjectAccessReviewSpec', {
        resourceAttributes: objectOf('kubernetes.ResourceAttributes', {
          ...{ namespace: string, verb: string, group: string, version: string },
          ...{ resource: string, subresource: string, name: string },
          fieldSelector: selector('kubernetes.FieldSelectorAttributes'),
          labelSelector: selector('kubernetes.LabelSelectorAttributes'),
        }),
        nonResourceAttributes: objectOf('kubernetes.NonResourceAttributes', { path: string, verb: string }),
        ...{ user: string, uid: string, groups: listOf(string), extra: mapOf(string, listOf(string)) },
      }),
    ],
  ]),
  result: [bool],
};

/** Expressions that all have to hold before a webhook is asked (KEP-3221). Throws SettingsError for what is none. */
export class RequestConditions {
  readonly #conditions: readonly { source: string; program: Program }[];

  constructor(sources: readonly string[]) {
    this.#conditions = sources.map((source) => ({ source, program: programOf(source) }));
  }

  get isEmpty(): boolean {
    return this.#conditions.length === 0;
  }

  /** One that does not hold decides, whatever errors the others have; throws Error with theirs where all others hold. */
  match(spec: object): boolean {
    const errors: string[] = [];
    for (const { source, program } of this.#conditions) {
      try {
        if (program.evaluate(() => ({ json: spec })) !== true) return false;
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        errors.push(`expression '${source}' resulted in error: ${error.message}`);
      }
    }
    if (errors.length > 0) throw new Error(errors.join('; '));
    return true;
  }
}

function programOf(source: string): Program {
  const compiled = compile(source, environment);
  if ('program' in compiled) return compiled.program;
  throw new SettingsError([`matchConditions: expression ${JSON.stringify(source)}: ${compiled.error}`]);
}

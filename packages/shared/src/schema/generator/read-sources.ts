import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GoConstant, type GoType, parseGo } from './go-source.ts';
import { type SourcePackage, sourcePackages } from './packages.ts';
import { type ProtoField, parseProto } from './proto-source.ts';

export interface ParsedPackage {
  source: SourcePackage;
  group: string;
  version: string;
  types: ReadonlyMap<string, DeclaredType>;
  constants: readonly GoConstant[];
  messages: ReadonlyMap<string, readonly ProtoField[]>;
}

/** A type together with the imports of the file that declares it. */
export interface DeclaredType extends GoType {
  imports: ReadonlyMap<string, string>;
}

/** `root` is the folder that holds `api` and `apimachinery`. Packages by Go import path. */
export function readSources(root: string): Map<string, ParsedPackage> {
  if (!existsSync(join(root, 'api/core/v1/types.go'))) throw new Error(`no Kubernetes sources in ${root}`);
  return new Map(sourcePackages.map((source) => [`k8s.io/${source.folder}`, readPackage(root, source)]));
}

function readPackage(root: string, source: SourcePackage): ParsedPackage {
  const folder = join(root, source.folder);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.go') && !/_test\.go$|^zz_|generated/.test(name))
    .map((name) => parseGo(readFileSync(join(folder, name), 'utf8')));
  const types = new Map(
    files.flatMap((file) => file.types.map((type) => [type.name, { ...type, imports: file.imports }] as const)),
  );
  const constants = files.flatMap((file) => file.constants);
  return {
    source,
    group: constants.find(({ name }) => name === 'GroupName')?.value ?? '',
    version: source.folder.slice(source.folder.lastIndexOf('/') + 1),
    types,
    constants,
    messages: parseProto(readFileSync(join(folder, 'generated.proto'), 'utf8')),
  };
}

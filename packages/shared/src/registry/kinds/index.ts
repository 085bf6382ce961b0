import type { KindDeclaration } from '../contract.ts';
import { configMap } from './config-map.ts';
import { namespace } from './namespace.ts';

/** Every built-in kind; a new one is a file beside this and a line in it. */
export const builtinKinds: readonly KindDeclaration[] = [namespace, configMap];

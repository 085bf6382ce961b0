import { libraryOf } from '../function.ts';
import { formats } from './formats.ts';
import { addresses } from './ip.ts';
import { lists, sets } from './lists.ts';
import { optionals } from './optionals.ts';
import { quantities } from './quantity.ts';
import { regexes } from './regex.ts';
import { semvers } from './semver.ts';
import { standard } from './standard.ts';
import { strings } from './strings.ts';
import { urls } from './url.ts';

/** Kubernetes' functions that need nothing but their arguments. */
export const standardOverloads = [
  ...[standard, strings, lists, sets, optionals, regexes],
  ...[quantities, semvers, urls, addresses, formats],
].flat();

export const standardLibrary = libraryOf(standardOverloads);

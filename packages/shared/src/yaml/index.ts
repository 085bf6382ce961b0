export { parseYaml, type YamlDocument } from './parse.ts';

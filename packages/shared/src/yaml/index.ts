export { parseYaml, type YamlDocument } from './parse.ts';
export { type AsideOptions, parseYamlAside } from './parse-aside.ts';
export { writeYaml } from './write.ts';

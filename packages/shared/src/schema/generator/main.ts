/** Usage: npm run generate:schema -- [folder that holds k8s.io/api and k8s.io/apimachinery] */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultSources, generate } from './generate.ts';

const target = join(import.meta.dirname, '../generated');
for (const [name, text] of generate(process.argv[2] ?? defaultSources)) writeFileSync(join(target, name), text);

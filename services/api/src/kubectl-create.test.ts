import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from './testing/start-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
}, 60_000);
afterAll(() => api?.stop());

async function kubectl(command: string): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl.run(command.split(' '), {});
  if (code !== 0) throw new Error(`kubectl ${command}: ${code}\n${stderr}`);
  return stdout;
}

/** Every kind that `kubectl create` makes from flags; its typed clients send protobuf. */
const commands = [
  'clusterrole reader --verb=get,list --resource=pods,deployments.apps',
  'clusterrolebinding readers --clusterrole=reader --user=jane --group=g --serviceaccount=default:sa',
  'configmap settings --from-literal=a=1 --from-literal=b=two',
  'cronjob nightly --image=busybox --schedule=0 1 * * *',
  'deployment web --image=nginx:1 --replicas=2 --port=80',
  'ingress front --class=nginx --rule=a.example/x*=web:80,tls=cert --default-backend=web:http',
  'job once --image=busybox -- true',
  'namespace elsewhere',
  'poddisruptionbudget guard --selector=app=web --min-available=50%',
  'priorityclass urgent --value=1000 --description=soon --preemption-policy=Never',
  'quota small --hard=pods=10,requests.cpu=2 --scopes=NotBestEffort',
  'role writer --verb=create,patch --resource=configmaps --resource-name=settings',
  'rolebinding writers --role=writer --serviceaccount=default:sa',
  'secret generic hidden --from-literal=key=value',
  'secret docker-registry pull --docker-server=r.example --docker-username=u --docker-password=p',
  'secret tls served --cert=$state/server.crt --key=$state/server.key',
  'service clusterip inside --tcp=80:8080 --tcp=53',
  'service nodeport outside --tcp=80:8080 --node-port=30123',
  'service loadbalancer balanced --tcp=443:8443',
  'service externalname named --external-name=example.com',
  'serviceaccount sa',
];

/** What kubectl 1.36 lists below `create`, but for the token, which is no object that is kept. */
const listed =
  'clusterrole clusterrolebinding configmap cronjob deployment ingress job namespace poddisruptionbudget priorityclass quota role rolebinding secret service serviceaccount';

it('kubectl creates no other kinds from flags', async () => {
  const help = (await kubectl('create --help')).split('Available Commands:')[1]?.split('\n\n')[0] ?? '';
  const known = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  expect(known).toEqual([...listed.split(' '), 'token']);
  expect([...new Set(commands.map((command) => command.split(' ')[0]))].sort()).toEqual(listed.split(' '));
});

/** A schedule holds blanks: words are what stands between two of them elsewhere. */
const words = (command: string): string[] =>
  command
    .replace('0 1 * * *', '0_1_*_*_*')
    .split(' ')
    .map((word) => word.replaceAll('_', ' ').replace('$state', `${api.dir}/services/api`));

it.each(commands)('kubectl create %s makes what it says that it would', async (command) => {
  const run = async (...flags: string[]) => {
    const [before, after = []] = splitAtDashes(words(command));
    const { code, stdout, stderr } = await api.kubectl.run(['create', ...before, ...flags, ...after], {});
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const { status: _, ...said } = await run('--dry-run=client', '-o', 'json');
  const made = await run('-o', 'json');
  expect(made).toMatchObject(withoutNulls(said));
});

function splitAtDashes(all: string[]): [string[], string[]?] {
  const at = all.indexOf('--');
  return at < 0 ? [all] : [all.slice(0, at), all.slice(at)];
}

/** Go prints what it has not set of some types. */
function withoutNulls(value: unknown): object {
  return JSON.parse(JSON.stringify(value, (_, inner: unknown) => (isNothing(inner) ? undefined : inner)));
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

it('kubectl create token gives a token of the account', async () => {
  expect(await kubectl('create token sa --duration=10m --audience=x')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n?$/);
});

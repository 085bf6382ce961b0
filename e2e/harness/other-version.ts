import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterRecord, layoutOf, prepareState } from '@kubus/cli';
import { type Cluster, root } from './cluster.ts';
import { must } from './run.ts';

/**
 * The sources of another version in a folder of their own. What is started from there is of that version, with the dependencies that are installed here, until
 * a service is taken over: what of it is started from then on is of this version.
 */
export class OtherVersion {
  readonly root: string;

  private constructor(folder: string) {
    this.root = folder;
  }

  /** `ref`: a commit that this repository has. */
  static async checkOut(ref: string): Promise<OtherVersion> {
    const folder = await mkdtemp(join(tmpdir(), 'kubus-version-'));
    const archive = join(folder, 'sources.tar');
    await must('git', ['-C', root, 'archive', '--output', archive, ref]);
    await must('tar', ['-x', '-C', folder, '-f', archive]);
    await provideModules(join(root, 'node_modules'), join(folder, 'node_modules'));
    return new OtherVersion(folder);
  }

  /** What comes before the first program: the cluster's services may do on the bus what those of this version need. */
  async beginUpgrade({ stateDir }: Cluster): Promise<void> {
    const record = JSON.parse(await readFile(join(stateDir, 'cluster.json'), 'utf8')) as ClusterRecord;
    // Its Redis runs, and has a socket only if the other version gave it one.
    await prepareState(layoutOf(stateDir), record, undefined);
  }

  /** Programs of the service that are started from now on are of this version. */
  async takeOver(service: string): Promise<void> {
    await rename(this.#sources(service), this.#kept(service));
    await symlink(join(root, 'services', service), this.#sources(service));
  }

  /** And of the other one again. */
  async giveBack(service: string): Promise<void> {
    await rm(this.#sources(service));
    await rename(this.#kept(service), this.#sources(service));
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }

  #sources(service: string): string {
    return join(this.root, 'services', service);
  }

  #kept(service: string): string {
    return join(this.root, 'services', `${service}-of-other-version`);
  }
}

/** What is installed, but for the packages of the project, which are those beside it: their links are relative. */
async function provideModules(installed: string, modules: string): Promise<void> {
  const own = '@kubus';
  await mkdir(join(modules, own), { recursive: true });
  for (const name of await readdir(installed))
    if (name !== own) await symlink(join(installed, name), join(modules, name));
  for (const name of await readdir(join(installed, own)))
    await symlink(await readlink(join(installed, own, name)), join(modules, own, name));
}

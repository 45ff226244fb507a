import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder of the examples. */
export const DEPLOY = resolve(__dirname, '../../deploy');

/** A copy of a folder of deploy/ whose addresses and paths are those of a test. */
export class Deployment {
  private constructor(
    readonly folder: string,
    private readonly replacements: ReadonlyMap<string, string>,
  ) {}

  /** @param replacements what stands in the files, and what a test needs there; `@` stands for the copy's folder */
  static async of(name: string, replacements: Readonly<Record<string, string>>): Promise<Deployment> {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const pairs = Object.entries(replacements).map(([from, to]) => [from, to.replace('@', folder)] as const);
    await cp(join(DEPLOY, name), folder, { recursive: true });
    return new Deployment(folder, new Map(pairs));
  }

  /** How nginx is started, or only checks, with the nginx.conf of this folder. */
  nginxArguments(): string[] {
    return ['-p', this.folder, '-c', this.path('nginx.conf'), '-e', 'stderr'];
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  /** Puts the test's addresses and paths into the files. @throws Error if none of a file's text is to be replaced */
  async adapt(...files: readonly string[]): Promise<void> {
    const sought = [...this.replacements.keys()];
    const pattern = new RegExp(sought.map((text) => text.replace(/[^\w\s]/g, '\\$&')).join('|'), 'g');
    for (const file of files) {
      const text = await readFile(this.path(file), 'utf8');
      // At once, because a port that was put in may begin like one that is to be replaced.
      const adapted = text.replace(pattern, (from) => this.replacements.get(from) ?? from);
      if (adapted === text) throw new Error(`Nothing in ${file} is one of ${sought.join(' ')}`);
      await writeFile(this.path(file), adapted);
    }
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** What Debian's nginx.conf is to the files of conf.d, for a test that runs as anybody. */
export function nginxMain(configuration: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
  return [
    'daemon off;',
    'worker_processes 2;',
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'pid nginx.pid;',
    'error_log stderr warn;',
    'events { worker_connections 256; }',
    `http { access_log off; ${folders.join(' ')} include ${configuration}; }`,
    '',
  ].join('\n');
}

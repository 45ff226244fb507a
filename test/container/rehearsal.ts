import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StartedProgram } from '../../harness/started-program';
import { CONTEXT, copyOf, environmentOf, type Stage } from './dockerfile';

/** A step of the Dockerfile that failed here. */
export class RehearsalError extends Error {
  override readonly name = 'RehearsalError';
}

/** A stage played on this machine: its root folder, and the working directory in it. */
export interface PlayedStage {
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Does by hand what an engine would do with the stages of a Dockerfile: COPY copies, RUN runs in the working directory.
 * The base image is this machine, so its Node.js and its user stand for those of the image.
 *
 * @param place an empty folder; each stage gets one in it
 * @throws RehearsalError when a step fails
 */
export async function playStages(
  stages: readonly Stage[],
  place: string,
  report: (step: string) => void,
): Promise<PlayedStage> {
  const played = new Map<string, PlayedStage>();
  for (const [index, stage] of stages.entries()) {
    const name = stage.alias ?? String(index);
    played.set(name, await playStage(stage, join(place, name), played, report));
  }
  const last = [...played.values()].at(-1);
  if (last === undefined) throw new RehearsalError('The Dockerfile has no stage');
  return last;
}

async function playStage(
  stage: Stage,
  root: string,
  earlier: ReadonlyMap<string, PlayedStage>,
  report: (step: string) => void,
): Promise<PlayedStage> {
  const environment = environmentOf(stage);
  let workdir = root;
  await mkdir(root, { recursive: true });
  for (const { name, text } of stage.instructions) {
    if (!['WORKDIR', 'COPY', 'RUN'].includes(name)) continue;
    report(`${name} ${text}`);
    if (name === 'WORKDIR') {
      workdir = join(root, text);
      await mkdir(workdir, { recursive: true });
    } else if (name === 'COPY') {
      await copy(text, root, workdir, earlier);
    } else {
      // A cache of its own: the Dockerfile empties it.
      await run(text, workdir, { ...environment, npm_config_cache: join(root, 'npm-cache') });
    }
  }
  return { workdir, environment };
}

async function copy(
  text: string,
  root: string,
  workdir: string,
  earlier: ReadonlyMap<string, PlayedStage>,
): Promise<void> {
  const { from, sources, target } = copyOf(text);
  for (const source of sources) {
    const origin = from === undefined ? resolve(CONTEXT, source) : join(rootOf(from, earlier), source);
    const isFolder = (await stat(origin)).isDirectory();
    // A folder's content goes into the target, a file beside the others: as COPY does.
    const into = target.startsWith('/') ? join(root, target) : resolve(workdir, target);
    const destination = isFolder || !target.endsWith('/') ? into : join(into, basename(source));
    await mkdir(dirname(destination), { recursive: true });
    await cp(origin, destination, { recursive: true, filter: (path) => !path.endsWith('.spec.ts') });
  }
}

/** The root of an earlier stage: COPY --from names absolute paths in it. */
function rootOf(name: string, earlier: ReadonlyMap<string, PlayedStage>): string {
  const stage = earlier.get(name);
  if (stage === undefined) throw new RehearsalError(`There is no stage ${name} before this one`);
  return dirname(stage.workdir);
}

/** What the way to the registry needs: an engine gets it from its own settings. */
function surroundings(): NodeJS.ProcessEnv {
  const wanted = /^(PATH|HOME|.*_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_.*)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted.test(name)));
}

async function run(command: string, cwd: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const program = new StartedProgram('sh', ['-ec', command], { cwd, env: { ...surroundings(), ...environment } });
  const { code } = await program.ended;
  if (code !== 0) throw new RehearsalError(`RUN ${command} ended with status ${code ?? 'none'}:\n${program.words}`);
}

/** Removes what was played. */
export async function clearAway(place: string): Promise<void> {
  await rm(place, { recursive: true, force: true, maxRetries: 5 });
}

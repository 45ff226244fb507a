import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The folder of the package, which is the context of a build. */
export const CONTEXT = resolve(__dirname, '../..');

/** One instruction, its continued lines joined: `RUN npm ci` is RUN with `npm ci`. */
interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What one FROM begins. */
export interface Stage {
  readonly image: string;
  readonly alias: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** A COPY: from the context, or from an earlier stage. */
export interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** Reads the project's Dockerfile. It knows the form that this file has, not all there is. */
export function readDockerfile(): Stage[] {
  const text = readFileSync(resolve(CONTEXT, 'Dockerfile'), 'utf8');
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { image: string; alias: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`This line of the Dockerfile is no instruction: ${line}`);
    if (name !== 'FROM') {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`The Dockerfile does not begin with FROM but with ${line}`);
      stage.instructions.push({ name, text: rest });
      continue;
    }
    const [image = '', , alias] = rest.split(' ');
    stages.push({ image, alias, instructions: [] });
  }
  return stages;
}

/** The texts of a stage's instructions of one name. */
export function textsOf(stage: Stage, name: string): string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/** Takes a COPY apart. */
export function copyOf(text: string): Copy {
  const words = text.split(' ');
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const target = words.pop() ?? '';
  return { from, sources: words, target };
}

/** The variables that a stage sets. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = textsOf(stage, 'ENV').flatMap((text) => text.split(' '));
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]));
}

/** The words of a command in exec form: `["node", "main.js"]`. @throws SyntaxError for the form that a shell reads */
export function execForm(text: string): string[] {
  return JSON.parse(text) as string[];
}

/** The command of a HEALTHCHECK, without its options. */
export function healthCommand(stage: Stage): string[] {
  const [text = ''] = textsOf(stage, 'HEALTHCHECK');
  return execForm(text.slice(text.indexOf('CMD ') + 'CMD '.length));
}

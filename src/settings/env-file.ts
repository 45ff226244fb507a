import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** A file of settings that cannot be read or understood; the message is a sentence for a person. */
export class EnvFileError extends Error {
  override readonly name = 'EnvFileError';
}

/** A name, then a value with both its quotes or with none, then at most a comment. */
const ASSIGNMENT = /^(export\s+)?[A-Za-z_]\w*\s*=\s*("[^"]*"\s*(#.*)?|'[^']*'\s*(#.*)?|`[^`]*`\s*(#.*)?|[^"'`].*)?$/;

/**
 * The variables of a file such as .env: `NAME=value` a line, comments after #. None if there is no such file. Node
 * itself reads past lines that it does not understand, and a setting that was meant would silently have its default.
 *
 * @throws EnvFileError naming the line, but not repeating it: it may hold a password
 */
export function readEnvFile(file: string): Record<string, string> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new EnvFileError(`${file} cannot be read (${message}): fix it or move it away.`);
  }
  content.split(/\r?\n/).forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || ASSIGNMENT.test(trimmed)) return;
    throw new EnvFileError(`Line ${index + 1} of ${file} is not of the form NAME=value: fix it, or put a # before it.`);
  });
  return parseEnv(content.replace(/\r\n/g, '\n')) as Record<string, string>;
}

/** Adds the variables of a file to an environment; what is set there, and not empty, stays. */
export function addMissing(environment: NodeJS.ProcessEnv, variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (!environment[name]) environment[name] = value;
  }
}

import { startBuilt, type ProgramEnd } from './built-program';

/** The program `waste-cutover`, below dist/. */
export const CUTOVER = 'cutover/cutover.main.js';

/** Runs a verb of `waste-cutover` to its end, see `startBuilt`. */
export function runCutover(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ProgramEnd> {
  return startBuilt(CUTOVER, args, environment).ended;
}

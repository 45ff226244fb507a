import { writeFile } from 'node:fs/promises';
import type { Counts, Failure } from './campaign';
import { scriptText } from './script';

/** A failure as a few lines, with what repeats it. */
export function failureText({ kind, message, scripts }: Failure, seed: number): string {
  const lines = [`failure (${kind}): ${message.slice(0, 1500)}`];
  if (scripts.length === 1) lines.push(scriptText(scripts[0]!));
  if (scripts.length > 0) {
    lines.push(`repeat: --seed ${seed} --only ${scripts.map(({ number }) => number).join(',')}`);
  }
  return lines.join('\n');
}

/** Writes the failures with the steps of every connection around them. */
export async function writeFailures(file: string, failures: readonly Failure[], seed: number): Promise<void> {
  const texts = failures.map((failure) => {
    const steps = failure.scripts.length > 1 ? failure.scripts.map(scriptText) : [];
    return [failureText(failure, seed), ...steps].join('\n');
  });
  await writeFile(file, `${texts.join('\n\n')}\n`);
}

/** What a campaign did, in a few lines. */
export function summaryText(counts: Counts): string {
  const { connections, seconds, byFamily, bystander, slowest, peak, failures } = counts;
  const families = [...byFamily].map(([name, count]) => `${name} ${count}`).join(', ');
  return [
    `${connections} connections in ${seconds.toFixed(1)} s (${Math.round(connections / seconds)}/s): ${families}`,
    `bystanders: ${bystander} requests answered, the slowest after ${Math.round(slowest)} ms; the server's memory was at most ${Math.round(peak / 1e6)} MB`,
    failures.length === 0 ? 'no failure' : `failures: ${failures.length}`,
  ].join('\n');
}

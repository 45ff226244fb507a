import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSeedFile } from '../bench/seed';
import { runCutover } from '../harness/cutover-program';
import { PostgresCluster } from '../harness/postgres-cluster';
import { startReference } from '../harness/reference';
import { Actor, DrillError } from './stage';

/** An import of many rows from the running old API, and the proof that nothing differs. */
export interface LargeImport {
  readonly rows: number;
  /** Bytes. */
  readonly peakMemory: number;
  readonly importSeconds: number;
  readonly verifySeconds: number;
  readonly sha256: string;
}

interface Imported {
  readonly peakMemory: number;
  readonly collections: { readonly rows: number; readonly sha256: string };
}

/** @throws DrillError if a verb fails or the sides differ; StartError if something does not start */
export async function measureLargeImport(rows: number, say: (line: string) => void): Promise<LargeImport> {
  const folder = await mkdtemp(join(tmpdir(), 'drill-'));
  const seed = join(folder, 'seed.jsonl');
  writeSeedFile(seed, rows);
  const cluster = await PostgresCluster.start({ durable: true, settings: ['shared_buffers=128MB'] });
  const blue = await startReference({ untyped: true, seedFile: seed });
  try {
    say(`filling the old API with ${rows} rows`);
    await blue.setRows(rows);
    const url = await cluster.createDatabase();
    const green = await Actor.api(url);
    try {
      say('importing');
      const imported = await timed(['import', '--from', blue.url, '--probe', '--json'], url);
      say(`imported in ${imported.seconds.toFixed(1)} s; verifying`);
      const verified = await timed(['verify', '--left', blue.url, '--right', green.url, '--json'], url);
      const { peakMemory, collections } = JSON.parse(imported.stdout) as Imported;
      const { seconds: importSeconds } = imported;
      return { ...collections, peakMemory, importSeconds, verifySeconds: verified.seconds };
    } finally {
      await green.kill();
    }
  } finally {
    await blue.stop();
    await cluster.stop();
    await rm(folder, { recursive: true });
  }
}

async function timed(args: readonly string[], url: string): Promise<{ stdout: string; seconds: number }> {
  const from = performance.now();
  const { code, stdout, stderr } = await runCutover(args, { DATABASE_URL: url });
  if (code !== 0) throw new DrillError(`waste-cutover ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return { stdout, seconds: (performance.now() - from) / 1000 };
}

/** The figures as a person reads them. */
export function largeText({ rows, peakMemory, importSeconds, verifySeconds, sha256 }: LargeImport): string {
  return [
    `## Import of ${rows} rows from the running old API`,
    `Imported in ${importSeconds.toFixed(1)} s with a peak memory of ${(peakMemory / 2 ** 20).toFixed(0)} MB; verified in ` +
      `${verifySeconds.toFixed(1)} s: equal, SHA-256 ${sha256}.`,
  ].join('\n\n');
}

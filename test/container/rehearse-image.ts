#!/usr/bin/env tsx
import { chmod, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { makeRunFolder } from '../../harness/run-folder';
import { PostgresCluster } from '../../harness/postgres-cluster';
import { readDockerfile, execForm, healthCommand, textsOf } from './dockerfile';
import { ContainerProcess, type Account } from './container-process';
import { clearAway, playStages, RehearsalError, type PlayedStage } from './rehearsal';

const runtime = readDockerfile().at(-1)!;
const command = execForm(textsOf(runtime, 'CMD')[0] ?? '[]');

function report(step: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${step}\n`);
}

function demand(holds: boolean, sentence: string): void {
  if (!holds) throw new RehearsalError(sentence);
  report(`ok: ${sentence}`);
}

/** The user who may enter the cluster's socket: never root, which is what an image's user must not be. */
async function accountOf(cluster: PostgresCluster): Promise<Account> {
  const { uid, gid } = await stat(dirname(cluster.socket));
  return { uid, gid };
}

async function rehearseStart(image: PlayedStage, databaseUrl: string, account: Account): Promise<void> {
  const server = new ContainerProcess(image, command, account, { DATABASE_URL: databaseUrl });
  try {
    await server.untilHealthy(healthCommand(runtime));
    demand(true, 'the server starts as a user without rights, and the HEALTHCHECK succeeds');
    const page = await fetch(`${server.url}/`);
    demand(page.ok && (await page.text()).includes('<html'), 'the page is there');
    const documents = await fetch(`${server.url}/static/docs/swagger-ui.css`);
    demand(documents.ok, 'the documentation has its files');
    const list = await fetch(`${server.url}/api/collections`);
    demand((await list.text()) === '[]', 'the tables are made');
  } finally {
    demand((await server.stop()) === 0, 'SIGTERM ends it in order');
  }
}

async function rehearseNoDatabase(image: PlayedStage, account: Account): Promise<void> {
  const server = new ContainerProcess(image, command, account, {});
  const code = await server.ended;
  demand(
    code === 2 && server.output.includes('DATABASE_URL'),
    'without a database it ends with 2 and names DATABASE_URL',
  );
}

async function rehearse(): Promise<void> {
  makeRunFolder();
  const place = await mkdtemp(join(tmpdir(), 'image-'));
  let cluster: PostgresCluster | undefined;
  try {
    await chmod(place, 0o755);
    const image = await playStages(readDockerfile(), place, report);
    cluster = await PostgresCluster.start();
    const account = await accountOf(cluster);
    await rehearseStart(image, await cluster.createDatabase(), account);
    if (process.getuid?.() === 0) await rehearseNoDatabase(image, account);
  } finally {
    await cluster?.stop();
    await clearAway(place);
  }
}

new Command('rehearse-image')
  .description(
    'Does the steps of the Dockerfile by hand in a temporary folder and starts the server there. It shows that the steps ' +
      'work with the Node.js of this machine; it shows nothing of the base image or of an engine.',
  )
  .addHelpText('after', '\nExit codes: 0 all steps work, 1 one failed, 2 wrong use.')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async () => {
    try {
      await rehearse();
    } catch (error) {
      if (!(error instanceof RehearsalError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  })
  .parse();

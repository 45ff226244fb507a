import { pino } from 'pino';
import { createApp } from '../../src/app';
import { readConfig } from '../../src/config';
import type { Database } from '../../src/database/database';

/** Every statement of the repositories and of the follower's interface, by name in alphabetical order. */
export async function registeredStatements(): Promise<Database['statements']> {
  const { database, nest } = await createApp(
    readConfig({ FOLLOW_TOKEN: 'that-there-are-all' }),
    pino({ level: 'silent' }),
  );
  await nest.close();
  return [...database.statements, ...database.transactions.statements].sort((a, b) => (a.name < b.name ? -1 : 1));
}

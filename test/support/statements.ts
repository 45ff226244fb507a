import { pino } from 'pino';
import { createApp } from '../../src/app';
import { readConfig } from '../../src/config';
import type { Database } from '../../src/database/database';

/** Every statement of the repositories, by name in alphabetical order. */
export async function registeredStatements(): Promise<Database['statements']> {
  const { database, nest } = await createApp(readConfig({}), pino({ level: 'silent' }));
  await nest.close();
  return [...database.statements].sort((a, b) => (a.name < b.name ? -1 : 1));
}

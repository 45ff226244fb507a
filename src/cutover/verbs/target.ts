import { readConfig } from '../../config';
import { UsageError } from '../../command-line';

/** The address of the new API's database, from DATABASE_URL or DATABASE_URL_FILE. @throws UsageError, ConfigError */
export function targetUrl(): string {
  const { databaseUrl } = readConfig();
  if (databaseUrl === undefined) throw new UsageError('set DATABASE_URL to the database of the new API');
  return databaseUrl;
}

import { migrateDatabase } from '../../src/database/migrations';
import { expectCheckedIn } from '../support/checked-in';
import { describeOnEachMajor } from '../support/clusters';
import { describeSchema } from './describe-schema';

describeOnEachMajor('the migrated schema', (cluster) => {
  it('is the one in drizzle/schema.txt', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    expectCheckedIn('drizzle/schema.txt', await describeSchema(url));
  });
});

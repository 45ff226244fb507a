import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { useCluster } from '../support/clusters';
import { json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../..');
const COPIED = ['drizzle', 'scripts', 'src', 'package.json', 'drizzle.config.ts', 'tsconfig.json', '.swcrc'];

/** What a recipe has one do to a file: its text before, empty if there is none, and after. */
type Step = (text: string) => string;
type Steps = Readonly<Record<string, Step>>;

const renamed = (text: string) =>
  text.replaceAll('LOCATION', 'TRUCK').replaceAll('Location', 'Truck').replaceAll('location', 'truck');

const model = (fields: string) => `import { FloatField, IntegerField, StringField } from '../contract';

/** A truck as the contract takes it. */
export class Truck {
  @IntegerField({ optional: true }) id!: bigint | null;
  ${fields}
}
`;
const columns = (
  fields: string,
) => `import { asDouble, asInteger, asText, columnsOf, withDefault } from '../database/columns';
import type { Truck } from './truck.model';

export const TRUCK_COLUMNS = columnsOf<Truck>({ ${fields} });
`;

const A_RESOURCE: Steps = {
  'src/trucks/truck.model.ts': () => model('@StringField() plate!: string;\n  @IntegerField() axles!: bigint;'),
  'src/trucks/truck.columns.ts': () => columns('plate: asText, axles: asInteger'),
  'src/database/schema.ts': (text) =>
    `import { TRUCK_COLUMNS } from '../trucks/truck.columns';\n${text}\nexport const trucks = resourceTable('trucks', TRUCK_COLUMNS);\n`,
  'src/database/resources.ts': (text) =>
    `import { TRUCK_COLUMNS } from '../trucks/truck.columns';\nimport { Truck } from '../trucks/truck.model';\n` +
    text.replace('RESOURCES = {', '$&\n  trucks: { model: Truck, columns: TRUCK_COLUMNS },'),
  'src/app.module.ts': (text) =>
    `import { TrucksModule } from './trucks/trucks.module';\n${text.replace('LocationsModule,\n', '$&TrucksModule,\n')}`,
};

const A_FIELD: Steps = {
  'src/trucks/truck.model.ts': () =>
    model('@StringField() plate!: string;\n  @FloatField() capacity!: number;\n  @IntegerField() axles!: bigint;'),
  'src/trucks/truck.columns.ts': () => columns('plate: asText, capacity: withDefault(asDouble, 7.5), axles: asInteger'),
};

const contributing = readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8');

/** The files and commands that a recipe names. */
async function recipe(title: string): Promise<{ readonly files: string[]; readonly commands: string[] }> {
  const section = (await contributing).split(/^### /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  const named = [...section.matchAll(/`(src\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file);
  // What is written for review is left out: the test looks at the server itself.
  const commands = [...section.matchAll(/^ *(npm run .*)$/gm)].map(([, command = '']) => command);
  return { files: named, commands: commands.filter((command) => !command.endsWith('db:describe')) };
}

describe('the recipes of CONTRIBUTING.md, followed in a copy of this tree', () => {
  const cluster = useCluster();

  describe('', () => {
    let copy: string;
    let url: string;

    beforeAll(async () => {
      url = await cluster().createDatabase();
      copy = await mkdtemp(join(tmpdir(), 'recipe-'));
      for (const name of COPIED) await cp(join(ROOT, name), join(copy, name), { recursive: true });
      await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    });
    afterAll(() => rm(copy, { recursive: true }));

    /** Does what the recipe says and no more: to a file that it does not name, nothing is done. */
    async function follow(title: string, steps: Steps): Promise<void> {
      const { files, commands } = await recipe(title);
      expect(files).toEqual(Object.keys(steps));
      for (const file of files) {
        const path = join(copy, file);
        await writeFile(path, steps[file]!(await readFile(path, 'utf8')));
      }
      expect(commands.length).toBeGreaterThan(0);
      // What these programs run is not what is measured.
      const env = { ...process.env, NODE_V8_COVERAGE: undefined };
      for (const command of [...commands, 'node scripts/build.mjs'])
        await run('sh', ['-c', command], { cwd: copy, env });
    }

    async function started<Result>(use: (path: string) => Promise<Result>): Promise<Result> {
      const server = ServerProcess.spawn({ DATABASE_URL: url }, [], join(copy, 'dist', 'bundle.js'));
      try {
        await server.untilReady();
        return await use(`${server.url}/api/trucks`);
      } finally {
        await server.interrupt();
      }
    }

    const text = async (path: string, init?: RequestInit) => (await fetch(path, init)).text();
    const FIRST = { plate: 'HH-A 1', axles: 3 };
    const SECOND = { plate: 'HH-B\0"2', capacity: 12, axles: 10 ** 20 };

    it('a resource: trucks are created and listed', async () => {
      await mkdir(join(copy, 'src', 'trucks'));
      for (const name of await readdir(join(ROOT, 'src', 'locations'))) {
        const original = await readFile(join(ROOT, 'src', 'locations', name), 'utf8');
        await writeFile(join(copy, 'src', 'trucks', renamed(name)), renamed(original));
      }
      await follow('A resource', A_RESOURCE);
      await started(async (path) => {
        const row = '{"id":1,"plate":"HH-A 1","axles":3}';
        expect(await text(path, json('POST', FIRST))).toBe(row);
        expect(await text(path)).toBe(`[${row}]`);
        expect(await text(path.replace('api/trucks', 'openapi.json'))).toContain('"/api/trucks":{"get"');
      });
    });

    it('a field: old trucks have its default, new ones what they were sent with', async () => {
      await follow('A field of a model', A_FIELD);
      await started(async (path) => {
        expect((await fetch(path, json('POST', FIRST))).status).toBe(422);
        const rows = [
          '{"id":1,"plate":"HH-A 1","capacity":7.5,"axles":3}',
          '{"id":2,"plate":"HH-B\\u0000\\"2","capacity":12.0,"axles":100000000000000000000}',
        ];
        expect(await text(path, json('POST', SECOND))).toBe(rows[1]);
        expect(await text(path)).toBe(`[${rows.join(',')}]`);
      });
    });
  });
});

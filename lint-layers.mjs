/**
 * Which room of the code may import which: ARCHITECTURE.md describes the rooms, the rule import-x/no-restricted-paths
 * keeps these arrows.
 */

/**
 * @param root the folder of the rooms
 * @param levels the rooms from the lowest to the highest; those of one level may import each other
 * @returns zones in which each room imports only from its own level and those below
 */
function layers(root, levels) {
  return levels.slice(0, -1).map((rooms, level) => ({
    target: rooms.map((room) => `${root}/${room}`),
    from: levels.slice(level + 1).flatMap((above) => above.map((room) => `${root}/${room}`)),
    message: `In ${root} the order is, from the ground: ${levels.map((rooms) => rooms.join(', ')).join(' < ')}.`,
  }));
}

const GROUND = [
  ['version.ts', 'listen.ts', 'faults.ts', 'progress.ts', 'command-line.ts', 'private-file.ts', 'directory-lock.ts'],
  ['contract'],
  // A resource's columns make the schema, and its repository asks the database.
  ['database', 'collections', 'locations'],
  ['settings', 'logging', 'static-files', 'health'],
  ['config.ts', 'analytics', 'dashboard', 'documentation', 'admin'],
];
const SERVER = [['app.module.ts'], ['app.ts'], ['server.ts'], ['main.ts']];
const PROGRAMS = [['recordings', 'backup'], ['cutover']];

const inSrc = (levels) => levels.flat().map((room) => `./src/${room}`);

export const ZONES = [
  ...layers('./src', [...GROUND, ...SERVER]),
  ...layers('./src', [...GROUND, ...PROGRAMS]),
  {
    target: inSrc(SERVER),
    from: inSrc(PROGRAMS),
    message: 'The server knows nothing of the programs beside it.',
  },
  {
    target: inSrc(PROGRAMS),
    from: inSrc(SERVER),
    message: 'The programs beside the server start no server.',
  },
  ...layers('./src/contract', [['json'], ['fields'], ['http', 'openapi'], ['index.ts']]),
  ...layers('./src/cutover', [
    ['cutover-error.ts'],
    ['traffic'],
    ['events'],
    ['sides'],
    ['comparison'],
    ['order'],
    ['gateway'],
    ['control'],
    ['verbs'],
    ['cutover.main.ts'],
  ]),
  {
    target: ['./src/contract'],
    from: ['./src'],
    except: ['./contract'],
    message: "The contract could be a package of its own: it uses nothing of the server's.",
  },
  {
    target: ['./harness'],
    from: ['./test', './bench', './drill'],
    message: 'The harness serves tests, benchmark and drill, and knows none of them.',
  },
  {
    target: ['./bench', './drill'],
    from: ['./test'],
    message: 'What benchmark and drill share with the tests is in harness/.',
  },
];

import { SETTINGS } from '../../src/config';

interface Documented {
  readonly variable: string;
  readonly fallback: string | undefined;
  readonly allowed: string;
  readonly help: string;
}

/** What stands in .env.example for a setting that has no default. */
const EXAMPLES: Readonly<Record<string, string>> = {
  ADMIN_PORT: '9000',
  DATABASE_URL: 'postgresql://waste:secret@127.0.0.1:5432/waste',
  DATABASE_URL_FILE: '/run/secrets/database-url',
  DEPLOYMENT: 'blue',
  FRONTEND_DIR: '/srv/waste/page',
};

/** DATABASE_URL_FILE is no setting of its own but another way to give DATABASE_URL. */
const URL_FILE: Documented = {
  variable: 'DATABASE_URL_FILE',
  fallback: undefined,
  allowed: 'a readable file',
  help: 'a file that holds DATABASE_URL, in place of it',
};

const documented = (Object.values(SETTINGS) as Documented[]).flatMap((setting) =>
  setting.variable === 'DATABASE_URL' ? [setting, URL_FILE] : [setting],
);

/** The text of .env.example: every setting, commented out. */
export function envExample(): string {
  const settings = documented.map(({ variable, fallback, allowed, help }) => {
    const value = fallback ?? EXAMPLES[variable];
    if (value === undefined) throw new Error(`${variable} has no default: give it an example in test/docs/settings.ts`);
    return `# ${help.charAt(0).toUpperCase()}${help.slice(1)}.\n# Allowed: ${allowed}.\n# ${variable}=${value}\n`;
  });
  return [
    '# Every setting, with its default or, where it has none, an example. All are optional.\n' +
      '# Copy this file to .env and take the # away from those you change. Docker Compose reads .env by itself; otherwise:\n' +
      '#   node --env-file=.env --heap-growing-percent=20 --use-largepages=silent dist/bundle.js\n',
    ...settings,
  ].join('\n');
}

/** The README's table of settings, in Prettier's form. */
export function settingsTable(): string {
  const rows = documented.map(({ variable, fallback, help, allowed }) => [
    `\`${variable}\``,
    fallback === undefined ? '' : `\`${fallback}\``,
    help,
    allowed,
  ]);
  const header = ['variable', 'default', 'meaning', 'allowed'];
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? title.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

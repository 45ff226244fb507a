import { VARIABLES } from '../../src/settings/table';

/** What stands in .env.example for a setting that has no default. */
const EXAMPLES: Readonly<Record<string, string>> = {
  ADMIN_PORT: '9000',
  DATABASE_URL: 'postgresql://waste:secret@127.0.0.1:5432/waste',
  DATABASE_URL_FILE: '/run/secrets/database-url',
  DEPLOYMENT: 'blue',
  FOLLOW_TOKEN: '0123456789abcdef0123456789abcdef',
  FOLLOW_TOKEN_FILE: '/run/secrets/follow-token',
  FRONTEND_DIR: '/srv/waste/page',
};

/** The text of .env.example: every setting, commented out. */
export function envExample(): string {
  const settings = VARIABLES.map(({ variable, fallback, allowed, help }) => {
    const value = fallback ?? EXAMPLES[variable];
    if (value === undefined) throw new Error(`${variable} has no default: give it an example in test/docs/settings.ts`);
    return `# ${help.charAt(0).toUpperCase()}${help.slice(1)}.\n# Allowed: ${allowed}.\n# ${variable}=${value}\n`;
  });
  return [
    '# Every setting, with its default or, where it has none, an example. All are optional.\n' +
      '# Copy this file to .env and take the # away from those you change. "npm start" and Docker Compose read .env;\n' +
      '# what is set in the environment counts more.\n',
    ...settings,
  ].join('\n');
}

/** The README's table of settings, in Prettier's form. */
export function settingsTable(): string {
  const rows = VARIABLES.map(({ variable, fallback, help, allowed }) => [
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

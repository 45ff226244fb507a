const NAMES = ['PATH', 'TZ', 'TMPDIR', 'NODE_V8_COVERAGE'];

/** What every program needs of this process's environment: nothing else of it may change what a server does. */
export function ofTheRun(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => NAMES.includes(name)));
}

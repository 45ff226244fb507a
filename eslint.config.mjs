import eslint from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { ZONES } from './lint-layers.mjs';

export default tseslint.config(
  {
    ignores: [
      'node_modules',
      'dist',
      'coverage',
      '.data',
      'test/reference/venv',
      'test/browser/chromium',
      'bench/results',
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in messages are the normal case here: ports, counts, bytes.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Nest modules are empty classes by design.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Nest declares its options as classes; they are passed as object literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The contract is about bytes: control characters in patterns are meant.
      'no-control-regex': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } }),
      ],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: ZONES }],
    },
  },
  {
    // What runs outside of Nest's handlers runs through guard.ts, so that a fault of one client is that client's alone.
    files: ['src/contract/http/**/*.ts'],
    ignores: ['**/*.spec.ts', 'src/contract/http/guard.ts', 'src/contract/http/wire-stream.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name=/^(setImmediate|setTimeout|setInterval|queueMicrotask)$/]',
          message: 'Use soon() or later() of guard.ts.',
        },
        { selector: "CallExpression[callee.property.name='nextTick']", message: 'Use nextTick() of guard.ts.' },
        { selector: "CallExpression[callee.property.name='then']", message: 'Use whenDone() of guard.ts.' },
        { selector: "UnaryExpression[operator='void']", message: 'Use guarded() of guard.ts.' },
        {
          selector: 'CallExpression[callee.property.name=/^(on|once|addListener)$/]',
          message: 'Use once() or whenever() of guard.ts.',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
        URL: 'readonly',
      },
    },
  },
  {
    files: ['src/dashboard/public/**/*.js', 'src/cutover/control/page/assets/*.js'],
    languageOptions: {
      globals: {
        AbortSignal: 'readonly',
        Node: 'readonly',
        sessionStorage: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        document: 'readonly',
        window: 'readonly',
        fetch: 'readonly',
        Chart: 'readonly',
        FormData: 'readonly',
        Intl: 'readonly',
      },
    },
  },
);

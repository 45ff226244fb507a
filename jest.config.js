const { readFileSync } = require('node:fs');
const { join } = require('node:path');

// What compiles the server compiles the tests.
const swc = ['@swc/jest', JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'))];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/run/environment.ts',
  globalSetup: '<rootDir>/test/run/set-up.ts',
  globalTeardown: '<rootDir>/test/run/tear-down.ts',
  reporters: ['default', '<rootDir>/test/run/reporter.mjs'],
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  transform: { '^.+\\.(ts|m?js)$': swc },
  // Nest 12 ships ES modules only, which jest cannot require on Node 20.
  transformIgnorePatterns: ['/node_modules/(?!(@nestjs)/)'],
  setupFiles: ['reflect-metadata'],
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
  coveragePathIgnorePatterns: ['/node_modules/', '/test/'],
  // Jest's own place for it is a folder of /tmp that nobody removes.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  // The one limit for tests and hooks: a busy machine makes none fail.
  testTimeout: 180_000,
  maxWorkers: 2,
};

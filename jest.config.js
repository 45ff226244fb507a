const { readFileSync } = require('node:fs');
const { join } = require('node:path');

// What compiles the server compiles the tests.
const swc = ['@swc/jest', JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'))];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  transform: { '^.+\\.(ts|m?js)$': swc },
  // Nest 12 ships ES modules only, which jest cannot require on Node 20.
  transformIgnorePatterns: ['/node_modules/(?!(@nestjs)/)'],
  setupFiles: ['reflect-metadata'],
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
  coveragePathIgnorePatterns: ['/node_modules/', '/test/'],
  maxWorkers: 2,
};

// Loaded into a server (NODE_OPTIONS=--require) that is to have a fault of the program: SIGUSR2 brings it about, as FAULT says.
const { join } = require('node:path');
const { setImmediate } = require('node:timers');

const faults = {
  exception: () => {
    throw new Error('A fault on purpose');
  },
  undefined: () => {
    throw undefined;
  },
  rejection: () => void Promise.reject(new Error('A fault on purpose')),
  endless: () => {
    setImmediate(faults.endless);
    throw new Error('A fault on purpose');
  },
  'broken-close': () => {
    const { Database } = require(join(__dirname, '../../dist/database/database.js'));
    Database.prototype.close = () => {
      throw new Error('Another fault');
    };
    throw new Error('A fault on purpose');
  },
};

process.on('SIGUSR2', () => setImmediate(faults[process.env.FAULT]));

// Loaded into a server before its own code, to see whether the fuzzer notices a server that does one of these things.
const { Buffer } = require('node:buffer');
const http = require('node:http');

const FAULTS = {
  /** A client ends the process. */
  end: (server) => server.on('connect', () => process.exit(1)),

  /** Each connection leaves 2 MB behind. */
  hoard: (server) => server.on('connection', () => kept.push(Buffer.alloc(2 << 20, 1))),

  /** Some requests are never answered. */
  forget: (server) =>
    server.prependListener(
      'request',
      everyNth(60, (_, response) => (response.end = () => response)),
    ),

  /** Some answers are another's. */
  swap: (server) =>
    server.prependListener(
      'request',
      everyNth(60, (request) => (request.url = '/health')),
    ),

  /** Some connections are never let go. */
  hold: (server) =>
    server.on(
      'connection',
      everyNth(40, (socket) => (socket.end = socket.destroy = () => socket)),
    ),
};

const kept = [];

function everyNth(n, action) {
  let count = 0;
  return (...args) => void (++count % n === 0 && action(...args));
}

const { listen } = http.Server.prototype;
http.Server.prototype.listen = function (...args) {
  // The first of its servers to listen is the admin port's.
  if (this.listenerCount('checkExpectation') > 0) FAULTS[process.env.PLANTED_FAULT](this);
  return listen.apply(this, args);
};

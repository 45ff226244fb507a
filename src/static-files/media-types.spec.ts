import { contentTypeOf } from './media-types';

it.each([
  ['js/app.js', 'text/javascript; charset=utf-8'],
  ['styles.css', 'text/css; charset=utf-8'],
  ['index.html', 'text/html; charset=utf-8'],
  ['INDEX.HTML', 'text/html; charset=utf-8'],
  ['logo.svg', 'image/svg+xml'],
  ['logo.png', 'image/png'],
  ['text.woff2', 'font/woff2'],
  ['data.json', 'application/json'],
  ['app.js.gz', 'text/javascript; charset=utf-8'],
  ['chart.js.LICENSE.txt', 'text/plain; charset=utf-8'],
  ['.css', 'text/plain; charset=utf-8'],
  ['README', 'text/plain; charset=utf-8'],
  ['app.js.map', 'text/plain; charset=utf-8'],
])('%s is %s', (name, type) => {
  expect(contentTypeOf(name)).toBe(type);
});

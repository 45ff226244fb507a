import { localTimestamp } from './local-timestamp';

const microseconds = (...parts: [number, number, number, number, number, number]) =>
  new Date(...parts).getTime() * 1000;

it.each([
  [microseconds(2024, 0, 5, 3, 4, 9) + 123456, '2024-01-05T03:04:09.123456'],
  [microseconds(2024, 11, 31, 23, 59, 59) + 7, '2024-12-31T23:59:59.000007'],
  [microseconds(2024, 11, 31, 23, 59, 59), '2024-12-31T23:59:59'],
  [microseconds(2024, 1, 29, 0, 0, 0) + 999_999.5, '2024-02-29T00:00:00.999999'],
])('%d is %s, in the local time', (time, text) => expect(localTimestamp(time)).toBe(text));

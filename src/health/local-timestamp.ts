const digits = (value: number, length: number) => String(value).padStart(length, '0');

/**
 * The server's local time without an offset, as Python's datetime.now().isoformat(): six digits of fraction, none at
 * all when it is zero.
 *
 * @param microseconds since the epoch.
 */
export function localTimestamp(microseconds: number): string {
  const time = new Date(Math.floor(microseconds / 1000));
  const fraction = Math.floor(microseconds) % 1_000_000;
  const date = `${digits(time.getFullYear(), 4)}-${digits(time.getMonth() + 1, 2)}-${digits(time.getDate(), 2)}`;
  const clock = `${digits(time.getHours(), 2)}:${digits(time.getMinutes(), 2)}:${digits(time.getSeconds(), 2)}`;
  return `${date}T${clock}${fraction === 0 ? '' : `.${digits(fraction, 6)}`}`;
}

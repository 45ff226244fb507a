/**
 * A JSON value as Python's json module reads it: `bigint` is a Python int, `number` a Python float.
 * The distinction is visible in every echo (`1` against `1.0`), so it must survive reading.
 */
export type JsonValue = null | boolean | string | bigint | number | JsonValue[] | JsonObject;

/** A Map because key order counts, also for keys such as `"2"` or `"__proto__"` that a JavaScript object treats apart. */
export type JsonObject = Map<string, JsonValue>;

import { InvalidArgumentError } from 'commander';

/** Reads a whole number within bounds from the command line. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(value >= low && value <= high)) throw new InvalidArgumentError(`a whole number from ${low} to ${high}`);
    return value;
  };
}

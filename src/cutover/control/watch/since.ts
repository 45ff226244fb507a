/** How long something has been so without a break. Times are milliseconds that never go back. */
export class Since {
  private began: number | undefined;

  look(isSo: boolean, now: number): void {
    if (!isSo) this.began = undefined;
    else this.began ??= now;
  }

  /** Whole seconds; undefined if it is not so. */
  seconds(now: number): number | undefined {
    return this.began === undefined ? undefined : Math.floor((now - this.began) / 1000);
  }
}

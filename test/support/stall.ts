/** Leaves this process no time for anything, for so many milliseconds, as long work of its own would. */
export function stall(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

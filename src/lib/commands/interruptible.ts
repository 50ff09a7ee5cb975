/** What shells report of a program that Ctrl-C ended. */
const INTERRUPTED = 130

/** Runs `work`, which asks whether Ctrl-C was pressed, and ends in its own time then. Answers the exit code. */
export async function interruptible(
  work: (isInterrupted: () => boolean) => Promise<number>,
): Promise<number> {
  let interrupted = false
  const interrupt = (): void => {
    interrupted = true
  }
  process.on('SIGINT', interrupt)
  try {
    const code = await work(() => interrupted)
    return interrupted ? INTERRUPTED : code
  } finally {
    process.off('SIGINT', interrupt)
  }
}

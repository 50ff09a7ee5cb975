import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext, type ImplementationFn } from 'ava'
import { temporaryDirectory } from './server-process.js'

/** Mounts a tmpfs, or changes how it is mounted (`remount,ro`); false if that is not allowed. */
export function mount(directory: string, options: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]).status === 0
}

function unmount(directory: string): void {
  spawnSync('umount', [directory])
}

const mayMount = ((): boolean => {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-'))
  const mounted = mount(directory, 'size=64k')
  if (mounted) unmount(directory)
  rmdirSync(directory)
  return mounted
})()

/** A test on a file system of its own, of `size` bytes (`256k`). Skipped where nothing can be mounted. */
export function testOnSmallDisk(
  size: string,
  title: string,
  run: (t: ExecutionContext, directory: string) => Promise<void>,
): void {
  const body: ImplementationFn<[]> = async (t) => {
    const directory = await temporaryDirectory(t)
    mount(directory, `size=${size},mode=0700`)
    t.teardown(() => unmount(directory))
    await run(t, directory)
  }
  if (mayMount) test(title, body)
  else test.skip(`${title} (may not mount a tmpfs here; run as root)`, body)
}

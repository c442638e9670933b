// Waiting for a state of the page; nothing here or in the tests sleeps.

/** How long a state may take to come before a test gives up on it: a slow machine is no failure of the page. */
export const PATIENCE_MS = 60_000;

/** Waits until `probe` (run in the page, with `argument`) is true; `what` says what was waited for. */
export async function eventually(page, what, probe, argument) {
  try {
    return await page.waitForFunction(probe, argument, { timeout: PATIENCE_MS });
  } catch (cause) {
    throw new Error(`waited ${PATIENCE_MS / 1000} s in vain: ${what}`, { cause });
  }
}

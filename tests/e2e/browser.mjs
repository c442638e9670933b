// The browser that the tests and the screenshots use.

import { chromium } from "playwright-core";

/** Starts a headless Chromium: the one that scripts/env.sh found, or Debian's. One that dies at once is started again. */
export async function launchBrowser() {
  try {
    return await launch();
  } catch (reason) {
    console.error(`the browser did not start, trying once more: ${reason}`);
    return launch();
  }
}

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

// Takes the pictures of the page that the documents show, from the built page in dist/.
//
//   scripts/with-tools.sh node scripts/screenshots.mjs [FOLDER]      docs/images if none is named

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { launchBrowser } from "../tests/e2e/browser.mjs";
import { serveSite } from "../tests/e2e/site.mjs";

const PICTURES = [
  { name: "wide", viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  { name: "dark", viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  { name: "phone", viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true },
];
/** The moment of the pictures, in simulated time: a leader is elected and has entries to show. */
const MOMENT_US = 1_200_000;

const folder = process.argv[2] ?? fileURLToPath(new URL("../docs/images", import.meta.url));
await mkdir(folder, { recursive: true });
const site = await serveSite();
const browser = await launchBrowser();
try {
  for (const { name, ...options } of PICTURES) {
    const context = await browser.newContext({ deviceScaleFactor: 2, ...options });
    const page = await context.newPage();
    await page.goto(site.url);
    await page.waitForFunction(
      (moment) => Number(document.querySelector("[data-clock]")?.dataset.timeUs) >= moment,
      MOMENT_US,
      { timeout: 120_000 },
    );
    await page.getByRole("button", { name: "Pause", exact: true }).first().click();
    const file = join(folder, `${name}.png`);
    await page.screenshot({ path: file });
    console.log(file);
    await context.close();
  }
} finally {
  await browser.close();
  await site.close();
}

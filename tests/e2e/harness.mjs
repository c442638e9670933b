// What every test of the page stands on.
//
//   import { pageTest } from "./harness.mjs";
//
//   pageTest("A crashed leader is replaced", async ({ page }) => { … });
//   pageTest("It fits a phone", { viewport: { width: 390, height: 844 } }, async ({ page }) => { … });
//
// The page is served under a path, from a plain static host. A test fails, whatever else it asserts, if the
// page writes an error to the console, throws, fails to load something, or asks another host for anything.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { launchBrowser } from "./browser.mjs";
import { serveSite } from "./site.mjs";
import { PATIENCE_MS } from "./wait.mjs";

export { eventually } from "./wait.mjs";

let site;
let browser;

before(async () => {
  site = await serveSite();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await site?.close();
});

/**
 * A test of the page, in a fresh browser profile, with the page open and its wasm started.
 *
 * `options` are Playwright's options of a context (viewport, colorScheme, reducedMotion, hasTouch, …) and
 * - `fragment`: opens the page at this fragment, such as "#help";
 * - `open`: false leaves opening the page to the test (`openPage`);
 * - `allow`: patterns of complaints that the test provokes on purpose.
 *
 * The body gets `{ page, context, site, url, openPage, complaints }`.
 */
export function pageTest(name, options, body) {
  if (typeof options === "function") [options, body] = [{}, options];
  const { fragment = "", open = true, allow = [], ...contextOptions } = options;
  test(name, async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...contextOptions });
    context.setDefaultTimeout(PATIENCE_MS);
    const complaints = watch(context, new URL(site.url).origin);
    try {
      const page = await context.newPage();
      await page.addInitScript(() => {
        addEventListener("TrunkApplicationStarted", () => (window.started = true));
      });
      const openPage = async (at = fragment) => {
        await page.goto(site.url + at);
        await page.waitForFunction(() => window.started);
      };
      if (open) await openPage();
      await body({ page, context, site, url: site.url, openPage, complaints });
    } finally {
      await context.close();
    }
    const unexpected = complaints.filter((complaint) => !allow.some((pattern) => pattern.test(complaint)));
    assert.deepEqual(unexpected, [], "the page complained");
  });
}

/** The serious and critical findings of an axe-core scan, as lines that say rule, place and help. */
export async function accessibilityFindings(page) {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Evaluated, not added as a script element, which the page's policy would refuse.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id} at ${target.join(" ")}: ${help}`));
}

/** Collects, for as long as the context lives, whatever a sound page never does. */
function watch(context, origin) {
  const complaints = [];
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => complaints.push(`exception: ${error.error().stack ?? error.error()}`));
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== origin) complaints.push(`other host: ${url}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  context.on("requestfailed", (request) => {
    const { errorText } = request.failure() ?? {};
    // A request that the page or a closing tab gave up is no failure of it.
    if (errorText !== "net::ERR_ABORTED") complaints.push(`failed: ${request.url()} (${errorText})`);
  });
  return complaints;
}

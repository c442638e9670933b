// The page without a network. It takes its host down, so it must have a file, and thus a host, of its own.

import assert from "node:assert/strict";

import { eventually, pageTest } from "./harness.mjs";

const options = { allow: [/ERR_CONNECTION_REFUSED/] };

pageTest("After one visit the page opens without its host", options, async ({ page, site, url, openPage }) => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await eventually(page, "the worker is active", async () => {
    const { active } = await navigator.serviceWorker.ready;
    return active.state === "activated";
  });
  await site.close();
  await assert.rejects(fetch(url), "the host is still there");

  await openPage();
  assert.match(await page.title(), /Mini-Raft/);
  const styled = await page.evaluate(() => [...document.styleSheets].some((sheet) => sheet.cssRules.length > 0));
  assert.ok(styled, "the style sheet was not kept");
});

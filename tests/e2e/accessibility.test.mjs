// axe-core finds nothing serious, whatever state the page is in; and a screen reader is told what happens.

import assert from "node:assert/strict";

import { becomes, choose, leader, menu, pause, send } from "./cluster.mjs";
import { accessibilityFindings, eventually, pageTest } from "./harness.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

async function assertAccessible(page, state) {
  assert.deepEqual(await accessibilityFindings(page), [], state);
}

for (const colorScheme of ["light", "dark"]) {
  pageTest(`The page can be read by all, ${colorScheme}`, { colorScheme }, async ({ page }) => {
    const { name } = await leader(page);
    await pause(page);
    await assertAccessible(page, "a leader is elected");
    for (const tab of ["Dashboard", "Network", "Events"]) {
      await page.getByRole("tab", { name: tab, exact: true }).click();
      await assertAccessible(page, tab);
    }
    await page.locator(`[data-node="${name}"]`).click();
    await menu(page, name).waitFor();
    await assertAccessible(page, "a menu is open");
    await menu(page, name).getByRole("button", { name: "Crash", exact: true }).click();
    await becomes(page, name, { role: "down" });
    await send(page, "Set", { key: "city", value: "Oslo" });
    await assertAccessible(page, "after a crash");
    await page.locator("[data-checks]").click();
    await assertAccessible(page, "the checks are open");
    await page.getByRole("button", { name: "Help", exact: true }).click();
    await page.getByRole("dialog", { name: "How to use this laboratory" }).waitFor();
    await assertAccessible(page, "the help is open");
  });
}

pageTest("The page can be read by all on a phone", PHONE, async ({ page }) => {
  await leader(page);
  await pause(page);
  for (const tab of ["Logs", "State", "Dashboard", "Network", "Events"]) {
    await page.getByRole("tab", { name: tab, exact: true }).tap();
    await assertAccessible(page, tab);
  }
});

pageTest("A screen reader hears of crashes and elections", async ({ page }) => {
  await page.evaluate(() => {
    window.heard = [];
    const listen = new MutationObserver((changes) => {
      for (const { target } of changes) {
        const region = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target).closest("[aria-live], [role=status]");
        if (region && region.getAttribute("aria-live") !== "off") window.heard.push(region.textContent);
      }
    });
    listen.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const { name, term } = await leader(page);
  await choose(page, name, "Crash");
  const heard = (what) => eventually(page, `heard: ${what}`, (what) => window.heard.some((said) => new RegExp(what).test(said)), what);
  await heard(`${name} crashes`);
  const next = await leader(page, { term: term + 1, not: [name] });
  await heard(`${next.name} leads term ${next.term}`);
});

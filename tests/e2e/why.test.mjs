// Asking why: from what is seen to the event that made it so, and back to what began it.

import assert from "node:assert/strict";

import { choose, frame, leader, pause, send, step } from "./cluster.mjs";
import { accessibilityFindings, eventually, pageTest } from "./harness.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The inspector's heading and question, as a reader sees them. */
function inspector(page) {
  return page.getByRole("tabpanel").filter({ has: page.locator(".inspector") });
}

/** Waits until the selected event's sentence matches. */
function tells(page, what) {
  return inspector(page).locator(".why b").filter({ hasText: what }).waitFor();
}

/** The number of the selected event; null if none is. */
async function event(page) {
  const number = await page.evaluate(() => {
    const term = [...document.querySelectorAll(".inspector dt")].find((dt) => dt.textContent === "number");
    return term?.nextElementSibling?.textContent ?? null;
  });
  return number === null ? null : Number(number);
}

/** Presses a key and waits until another event is told. */
async function press(page, key) {
  const before = await event(page);
  await page.keyboard.press(key);
  await frame(page);
  return { before, after: await event(page) };
}

pageTest("Why does it lead? By keyboard, back to the timer that ran out, and the way back", async ({ page }) => {
  const { name } = await leader(page);
  await pause(page);
  await page.keyboard.press(name.at(-1));
  await eventually(page, "the leader is told of", () => /Why is node-\d the leader|not committed yet/.test(document.querySelector(".why b")?.textContent));
  await page.keyboard.press("Escape");
  await inspector(page).getByRole("button", { name: "state", exact: true }).click();
  await tells(page, `${name} becomes the leader`);
  const chain = page.getByRole("region", { name: "How it came about" });
  await chain.getByText("It began with time alone: a timer ran out.").waitFor();
  assert.ok((await chain.getByRole("button").count()) >= 5);

  const way = [await event(page)];
  for (;;) {
    const { before, after } = await press(page, "q");
    if (before === after) break;
    assert.ok(after < before, `${after} comes after ${before}`);
    way.push(after);
  }
  await page.getByText("Nothing that is remembered led to it: it begins here.").waitFor();
  await tells(page, "has heard from no leader for its whole election timeout");
  assert.ok(way.length > 8, `only ${way.length} steps`);
  for (const expected of way.slice(0, -1).reverse()) {
    await page.keyboard.press("Backspace");
    await frame(page);
    assert.equal(await event(page), expected);
  }
});

pageTest("A field of a node leads to the event that changed it, and that one's causes are lit up", async ({ page }) => {
  const { name } = await leader(page);
  await send(page, "Set", { key: "why", value: "not" });
  await eventually(page, "it is applied everywhere", () => document.querySelectorAll('[data-kv$=":why"]').length === 5);
  await pause(page);
  await page.locator(`[data-node="${name}"]`).click();
  await page.keyboard.press("Escape");
  await inspector(page).getByRole("button", { name: "commit_index" }).click();
  await tells(page, `${name} commits`);
  await page.locator(`[data-node="${name}"][data-cause="true"]`).waitFor();
  assert.ok((await page.locator('[data-node][data-cause="true"]').count()) >= 3, "a majority holds it");
  assert.ok((await page.locator(`[data-link$=":${name}"][data-cause="true"]`).count()) >= 2, "their answers came");
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByLabel("About").selectOption("everything");
  await page.locator('[data-event][data-cause="self"]').first().waitFor();
  assert.ok((await page.locator('li[data-event][data-cause="cause"]').count()) >= 3);
  assert.deepEqual(await accessibilityFindings(page), []);
  await page.getByRole("tab", { name: "event" }).first().click();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("[data-cause]").count(), 0, "what is lit up goes with the selection");
});

pageTest("A message that was lost says why, and what cut its link", async ({ page }) => {
  const { name } = await leader(page);
  await pause(page);
  await choose(page, name, "Isolate");
  const lost = page.locator('[data-message][data-motion="lost"]');
  while ((await lost.count()) === 0) await step(page, "forward");
  await lost.first().dispatchEvent("click");
  await tells(page, "since the link is cut");
  await inspector(page).getByText("Safety never depends on the network").waitFor();
  await inspector(page).getByRole("button", { name: /^The link between .* is cut\.$/ }).first().click();
  await inspector(page).getByText("It began by hand, or with a step of the scenario.").waitFor();
});

pageTest("A node that did not win says who refused it, or was not reached", async ({ page }) => {
  const { name } = await leader(page);
  await choose(page, name, "Isolate");
  await leader(page, { not: [name] });
  await eventually(page, "the isolated node asks in vain", (name) => {
    return document.querySelector(`[data-node="${name}"]`).dataset.role === "pre-candidate";
  }, name);
  await pause(page);
  await page.locator(`[data-node="${name}"]`).click();
  await page.keyboard.press("Escape");
  await page.locator(`[data-node="${name}"]`).click();
  const question = inspector(page).locator("summary").filter({ hasText: `Why does ${name} not stand in term` });
  await question.click();
  await inspector(page).getByText("The request did not reach node-").waitFor();
});

pageTest("On a phone, a tap on a step of the chain leads there", PHONE, async ({ page }) => {
  await leader(page);
  await pause(page);
  await page.getByRole("tab", { name: "Events" }).tap();
  await page.getByRole("button", { name: /becomes the leader of term/ }).first().tap();
  const chain = page.getByRole("region", { name: "How it came about" });
  await chain.getByRole("button", { name: /becomes a candidate in term/ }).tap();
  await tells(page, "becomes a candidate in term");
  assert.deepEqual(await accessibilityFindings(page), []);
});

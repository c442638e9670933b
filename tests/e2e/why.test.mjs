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
  await eventually(page, "what is lit up goes with the selection", () => !document.querySelector("[data-cause]"));
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
  const lost = inspector(page).getByText("The request did not reach node-");
  while (!(await lost.isVisible())) await step(page, "forward");
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

/** Switches an answer to "what if" on or off in its list, as a person does. */
async function overlay(page, name) {
  await page.getByRole("button", { name: "What if …" }).click();
  await page.getByRole("checkbox", { name }).click();
  await page.keyboard.press("Escape");
  await page.locator("#what-if").waitFor({ state: "hidden" });
}

pageTest("Who could win an election is shown at each node, and remembered", async ({ page, openPage }) => {
  const { name } = await leader(page);
  assert.equal(await page.locator("[data-could-win]").count(), 0, "it is off at first");
  await overlay(page, "Who could win an election");
  await page.locator(`[data-node="${name}"][data-could-win="leads"]`).waitFor();
  await eventually(page, "all have caught up", () => document.querySelectorAll('[data-could-win="yes"]').length === 4);
  await choose(page, name, "Crash");
  await page.locator(`[data-node="${name}"][data-could-win="no"]`).waitFor();
  assert.match(await page.locator(`[data-node="${name}"]`).getAttribute("aria-label"), /could not win/);
  const others = page.locator(`[data-node]:not([data-node="${name}"])`);
  const other = await others.first().getAttribute("data-node");
  await others.first().click();
  await page.keyboard.press("Escape");
  await others.first().click();
  await inspector(page).locator("summary").filter({ hasText: `Could ${other} win an election now?` }).click();
  await inspector(page).getByText(/of the 3 votes that it needs/).first().waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);
  await openPage();
  await page.locator("[data-could-win]").first().waitFor();
});

pageTest("Which entries are safe, and what a crash would lose, by keyboard", async ({ page }) => {
  const { name } = await leader(page);
  await page.keyboard.press("f");
  await page.keyboard.press("x");
  await page.locator('[data-log][data-safe="yes"]').first().waitFor();
  assert.equal(await page.locator("[data-node][data-would-lose]").count(), 5);
  await pause(page);
  await send(page, "Set", { key: "k", value: "v" });
  const entry = page.locator(`[data-log^="${name}:"]`).filter({ hasText: "k=v" });
  while ((await entry.count()) === 0) await step(page, "forward");
  assert.equal(await entry.getAttribute("data-safe"), "no");
  assert.match(await entry.getAttribute("aria-label"), /could be lost/);
  assert.equal(await page.locator(`[data-node="${name}"]`).getAttribute("data-would-lose"), "true");
  await page.getByText(/^loses entry/).first().waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);
  const synced = () =>
    page.locator("[data-log]").filter({ hasText: "k=v" }).evaluateAll((cells) => cells.filter(({ dataset }) => dataset.state !== "unsynced").length);
  while ((await synced()) < 3) {
    assert.equal(await entry.getAttribute("data-safe"), "no", "a majority has it on disk");
    await step(page, "forward");
  }
  assert.equal(await entry.getAttribute("data-safe"), "yes");
  await page.keyboard.press("f");
  await page.keyboard.press("x");
  await frame(page);
  assert.equal(await page.locator("[data-safe]:not(i), [data-would-lose]").count(), 0);
});

pageTest("On a phone, what if is switched on and fits", { ...PHONE, colorScheme: "dark" }, async ({ page }) => {
  await leader(page);
  await page.getByRole("button", { name: "What if …" }).tap();
  for (const name of ["Who could win an election", "Which entries are safe", "What a crash would lose"]) {
    await page.getByRole("checkbox", { name }).tap();
  }
  assert.deepEqual(await accessibilityFindings(page), []);
  await page.keyboard.press("Escape");
  await page.locator("[data-could-win]").first().waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!wide, "it is wider than the phone");
});

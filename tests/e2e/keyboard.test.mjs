// The page without a mouse, and with a presenter's remote.

import assert from "node:assert/strict";

import { NODES, becomes, frame, holds, leader, menu, pause, playing, standing, time } from "./cluster.mjs";
import { eventually, pageTest } from "./harness.mjs";

/** Presses Tab until the focus is on what matches. */
async function tabTo(page, selector, key = "Tab") {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press(key);
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
  }
  assert.fail(`${key} does not lead to ${selector}`);
}

/** Whether the element with the focus shows it: an outline, or a part of a drawing in the accent's colour. */
function focusIsVisible(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element.matches(":focus-visible")) return false;
    const style = getComputedStyle(element);
    if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) return true;
    const sample = document.createElement("i");
    sample.style.color = "var(--accent)";
    document.body.append(sample);
    const accent = getComputedStyle(sample).color;
    sample.remove();
    const parts = [...element.querySelectorAll(".node-halo, .lane-hit")].map((part) => getComputedStyle(part));
    return parts.some(({ stroke, strokeWidth }) => stroke === accent && parseFloat(strokeWidth) >= 2);
  });
}

pageTest("The main job is done without a mouse", async ({ page }) => {
  const { name, term } = await leader(page);
  await tabTo(page, `[data-node="${name}"]`);
  assert.ok(await focusIsVisible(page));
  await page.keyboard.press("Enter");
  await menu(page, name).waitFor();
  const crash = menu(page, name).getByRole("button", { name: "Crash", exact: true });
  await eventually(page, "the menu has the focus", () => document.activeElement.getAttribute("aria-label") === "Crash");
  assert.ok(await focusIsVisible(page));
  await page.keyboard.press("Enter");
  await becomes(page, name, { role: "down" });
  await crash.waitFor({ state: "detached" });
  assert.equal(await focused(page), name, "the focus goes back to the node");

  await leader(page, { term: term + 1, not: [name] });
  await page.keyboard.press("Enter");
  await eventually(page, "the menu has the focus", () => document.activeElement.getAttribute("aria-label") === "Restart");
  await page.keyboard.press("Enter");
  await becomes(page, name, { role: "follower" });

  const send = page.getByRole("button", { name: "Send", exact: true });
  await tabTo(page, "form select");
  while (!(await page.evaluate(() => document.activeElement.closest("form")?.querySelector("button")?.textContent === "Send"))) {
    await tabTo(page, "form select");
  }
  await page.keyboard.press("Tab");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("typed");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("by hand");
  await page.keyboard.press("Enter");
  await holds(page, "typed", "by hand");
  assert.ok(await send.isVisible());
});

pageTest("Escape closes a menu and gives the focus back", async ({ page }) => {
  const { name } = await leader(page);
  await tabTo(page, `[data-node="${name}"]`);
  await page.keyboard.press("Enter");
  await menu(page, name).waitFor();
  await eventually(page, "the menu has the focus", () => document.activeElement.getAttribute("aria-label") === "Crash");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Pause");
  await page.keyboard.press("Escape");
  await menu(page, name).waitFor({ state: "detached" });
  assert.equal(await focused(page), name);
});

pageTest("A link is cut and healed by keyboard", async ({ page }) => {
  await leader(page);
  await tabTo(page, "[data-link]");
  assert.ok(await focusIsVisible(page));
  const before = await page.evaluate(() => document.activeElement.dataset.link);
  await page.keyboard.press("ArrowRight");
  const link = await page.evaluate(() => document.activeElement.dataset.link);
  assert.notEqual(link, before);
  await page.keyboard.press("Enter");
  await page.locator(`[data-link="${link}"][data-cut="true"]`).waitFor({ state: "attached" });
  await page.keyboard.press("Enter");
  await page.locator(`[data-link="${link}"][data-cut="false"]`).waitFor({ state: "attached" });
});

pageTest("Messages are found, held, doubled and dropped by keyboard", async ({ page }) => {
  await leader(page);
  await pause(page);
  const messages = page.locator('[data-message]:not([data-motion="lost"])');
  while ((await messages.count()) < 3) {
    await page.keyboard.press("ArrowRight");
    await frame(page);
  }
  await page.keyboard.press("m");
  const card = page.getByRole("region", { name: "Selected message" });
  await eventually(page, "the card has the focus", () => document.activeElement.matches(".message-card"));
  assert.ok(await focusIsVisible(page));
  const selected = page.locator('[data-message][data-selected="true"]');
  await page.keyboard.press("h");
  await page.locator('[data-message][data-selected="true"][data-motion="held"]').waitFor();
  await page.keyboard.press("h");
  await page.locator('[data-message][data-selected="true"][data-motion="flying"]').waitFor();
  const single = await messages.count();
  await page.keyboard.press("u");
  await eventually(page, "there are two of it", (single) => {
    return document.querySelectorAll('[data-message]:not([data-motion="lost"])').length === single + 1;
  }, single);

  // The buttons do the same, and the next message follows on the same card.
  let id = await selected.getAttribute("data-message");
  await tabTo(page, "[aria-label='Selected message'] .actions button");
  await page.keyboard.press("Enter");
  const another = (before) => document.querySelector('[data-selected="true"]')?.dataset.message !== before;
  await eventually(page, "another message is selected", another, id);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-keyshortcuts")), "D");
  while (await card.isVisible()) {
    id = await selected.getAttribute("data-message");
    await page.keyboard.press("d");
    await eventually(page, "another message is selected, or none", another, id);
  }
  await standing(page);
  assert.ok(await page.evaluate(() => document.activeElement.matches(".stage-svg")), "the focus is lost");
});

pageTest("Keys select a node and act on it", async ({ page }) => {
  await leader(page);
  await page.keyboard.press("3");
  await menu(page, NODES[3]).waitFor();
  await page.keyboard.press("c");
  await becomes(page, NODES[3], { role: "down" });
  await page.keyboard.press("r");
  await becomes(page, NODES[3], { role: "follower" });
});

pageTest("Keys act on the node that has the focus, selected or not", async ({ page }) => {
  await leader(page);
  await tabTo(page, "[data-node]");
  const name = await focused(page);
  await page.keyboard.press("Enter");
  await menu(page, name).waitFor();
  await page.keyboard.press("Escape");
  await menu(page, name).waitFor({ state: "detached" });
  await page.keyboard.press("c");
  await becomes(page, name, { role: "down" });
  await tabTo(page, `[data-node]:not([data-node="${name}"])`);
  const next = await focused(page);
  await page.keyboard.press("p");
  await becomes(page, next, { role: "paused" });
});

pageTest("No letter is lost that follows a digit in the same frame", async ({ page }) => {
  await leader(page);
  for (const place of [0, 1]) {
    await page.evaluate((place) => {
      for (const key of [String(place), "c"]) {
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      }
    }, place);
    await becomes(page, NODES[place], { role: "down" });
  }
  await page.keyboard.press("Escape");
  await page.keyboard.press("Space");
  await standing(page);
});

pageTest("A presenter's remote plays, pauses and steps", async ({ page }) => {
  await leader(page);
  await page.keyboard.press(".");
  await standing(page);
  const stood = await time(page);
  await page.keyboard.press("PageDown");
  await page.keyboard.press("PageDown");
  await eventually(page, "time went on", (stood) => {
    return Number(document.querySelector("[data-clock]").dataset.timeUs) > stood;
  }, stood);
  for (let presses = 0; presses < 3; presses++) await page.keyboard.press("PageUp");
  await eventually(page, "time went back", (stood) => {
    return Number(document.querySelector("[data-clock]").dataset.timeUs) <= stood;
  }, stood);
  await page.keyboard.press(".");
  await playing(page);
  await page.keyboard.press("Space");
  await standing(page);
});

pageTest("The help opens with ?, shows the keys, and closes with Escape", async ({ page }) => {
  const button = page.getByRole("button", { name: "Help", exact: true });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "How to use this laboratory" });
  await dialog.waitFor();
  await dialog.getByText("Page Down").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.ok(await button.evaluate((element) => element === document.activeElement), "the focus is lost");
  await page.keyboard.press("?");
  await dialog.waitFor();
});

pageTest("Letters typed into a field are text, not commands", async ({ page }) => {
  const { name } = await leader(page);
  await page.locator(`[data-node="${name}"]`).click();
  await page.getByLabel("Key", { exact: true }).fill("");
  await page.getByLabel("Key", { exact: true }).pressSequentially("crash.");
  await playing(page);
  assert.equal(await page.getByLabel("Key", { exact: true }).inputValue(), "crash.");
  assert.notEqual(await page.locator(`[data-node="${name}"]`).getAttribute("data-role"), "down");
});

function focused(page) {
  return page.evaluate(() => document.activeElement?.dataset.node);
}

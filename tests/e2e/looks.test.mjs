// Light and dark, a phone, less motion.

import assert from "node:assert/strict";

import { NODES, becomes, choose, frame, holds, leader, pause, play, send, step } from "./cluster.mjs";
import { pageTest } from "./harness.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** How light the page is, 0 to 255. */
function lightness(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
  });
}

for (const [colorScheme, fits] of [
  ["light", (lightness) => lightness > 200],
  ["dark", (lightness) => lightness < 60],
]) {
  pageTest(`The page is ${colorScheme} where the reader's system is`, { colorScheme }, async ({ page }) => {
    assert.ok(fits(await lightness(page)), `${await lightness(page)}`);
  });
}

pageTest("A chosen theme is remembered", { colorScheme: "light" }, async ({ page, openPage }) => {
  const button = page.getByRole("button", { name: /^Theme/ });
  for (let clicks = 0; clicks < 3 && !/dark/.test(await button.getAttribute("aria-label")); clicks++) {
    await button.click();
    await frame(page);
  }
  assert.ok((await lightness(page)) < 60);
  await openPage();
  assert.match(await button.getAttribute("aria-label"), /dark/);
  assert.ok((await lightness(page)) < 60, "it is light again after a reload");
});

pageTest("On a phone the ring fills the width and nothing scrolls sideways", PHONE, async ({ page }) => {
  await leader(page);
  const boxes = await Promise.all(NODES.map((name) => page.locator(`[data-node="${name}"]`).boundingBox()));
  const left = Math.min(...boxes.map(({ x }) => x));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  assert.ok(left >= 0 && right <= 390, `a node is cut off: ${left} to ${right}`);
  assert.ok(right - left >= 0.85 * 390, `the ring takes ${right - left} of 390`);
  const tabs = page.getByRole("tab");
  for (let place = 0; place < (await tabs.count()); place++) {
    await tabs.nth(place).tap();
    await frame(page);
    const { scrollWidth, clientWidth } = await page.evaluate(() => {
      scrollTo(1_000, 0);
      return { scrollWidth: document.documentElement.scrollWidth + scrollX, clientWidth: innerWidth };
    });
    assert.ok(scrollWidth <= clientWidth, `${await tabs.nth(place).textContent()}: ${scrollWidth} > ${clientWidth}`);
  }
});

pageTest("The main job is done by touch", PHONE, async ({ page }) => {
  const first = await leader(page);
  await page.locator(`[data-node="${first.name}"]`).tap();
  const crash = page.getByRole("button", { name: "Crash", exact: true });
  const { height, width, x } = await crash.boundingBox();
  assert.ok(height >= 24 && x >= 0 && x + width <= 390, "the menu does not fit");
  await crash.tap();
  await becomes(page, first.name, { role: "down" });
  await leader(page, { term: first.term + 1, not: [first.name] });
  await page.locator(`[data-node="${first.name}"]`).tap();
  await page.getByRole("button", { name: "Restart", exact: true }).tap();
  await page.getByRole("tab", { name: "State", exact: true }).tap();
  await send(page, "Set", { key: "by", value: "touch" });
  await holds(page, "by", "touch");
  await page.getByRole("tab", { name: "Logs", exact: true }).tap();
  await page.locator("[data-log]").filter({ hasText: "by" }).first().waitFor();
});

pageTest("With reduced motion nothing but the system moves", { reducedMotion: "reduce" }, async ({ page }) => {
  const { name } = await leader(page);
  // Whatever begins to move from here on, and for how long.
  await page.evaluate(() => {
    window.moved = [];
    const note = ({ type }) => {
      const timings = document.getAnimations().map(({ effect }) => effect.getComputedTiming());
      for (const { duration, iterations } of timings) window.moved.push({ type, ms: duration * iterations });
    };
    addEventListener("animationstart", note, true);
    addEventListener("transitionrun", note, true);
  });
  await pause(page);
  await choose(page, name, "Crash");
  await step(page, "forward");
  await play(page);
  await leader(page, { not: [name] });
  const moved = await page.evaluate(() => window.moved);
  assert.deepEqual(moved.filter(({ ms }) => ms > 1), []);
});

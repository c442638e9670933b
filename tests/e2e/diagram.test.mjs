import assert from "node:assert/strict";

import { accessibilityFindings, eventually, pageTest } from "./harness.mjs";

/** Opens the diagram, lets a leader be elected, and lets time stand. */
async function openDiagram(page) {
  await page.getByRole("tab", { name: "Diagram" }).click();
  await eventually(page, "the leader's band", () => document.querySelector('.diagram-bands [data-state="leader"]'));
  await page.getByRole("button", { name: "Pause" }).click();
  const diagram = page.locator("[data-diagram]");
  await diagram.focus();
  return diagram;
}

const clock = async (page) => Number(await page.locator("[data-clock]").getAttribute("data-time-us"));

/** The span in view, in microseconds. */
const span = async (diagram) =>
  Number(await diagram.getAttribute("data-to-us")) - Number(await diagram.getAttribute("data-from-us"));

const chosen = (page) => eventually(page, "a chosen arrow", () => document.querySelector('.diagram-chosen[d^="M"]'));

pageTest("The diagram has a line for each node and arrows for an election", async ({ page }) => {
  const diagram = await openDiagram(page);
  assert.equal(await diagram.locator(".diagram-lines text").count(), 6, "five nodes and the clients");
  assert.equal(await diagram.locator('.diagram-bands [data-state="leader"]').count(), 1);
  assert.ok((await diagram.locator('.diagram-arrows [data-look="full"]').count()) >= 1);
  assert.deepEqual(await accessibilityFindings(page), []);
});

pageTest("Keys zoom the diagram, move it through time, and go from message to message", async ({ page }) => {
  const diagram = await openDiagram(page);
  const wide = await span(diagram);
  await page.keyboard.press("+");
  await eventually(page, "a shorter span", (wide) => {
    const { fromUs, toUs } = document.querySelector("[data-diagram]").dataset;
    return toUs - fromUs < wide;
  }, wide);
  const now = await clock(page);
  await page.keyboard.press("ArrowLeft");
  await chosen(page);
  await page.keyboard.press("ArrowLeft");
  await eventually(page, "an earlier moment", (now) => document.querySelector("[data-clock]").dataset.timeUs < now, now);
  await page.keyboard.press("Home");
  await eventually(page, "the start", () => document.querySelector("[data-diagram]").dataset.fromUs === "0");
  await page.getByRole("button", { name: "Follow the present" }).click();
  await eventually(page, "the present", () => {
    const until = Number(document.querySelector("[data-diagram]").dataset.toUs);
    return until > Number(document.querySelector("[data-clock]").dataset.timeUs);
  });
});

pageTest("A click on an arrow goes back to the moment when its message arrived", async ({ page }) => {
  const diagram = await openDiagram(page);
  await page.keyboard.press("ArrowLeft");
  await chosen(page);
  // From now on the diagram stands, and time goes on.
  await page.keyboard.press("ArrowDown");
  const [x1, y1, x2, y2] = (await (await chosen(page)).getAttribute("d")).match(/-?[\d.]+/g).map(Number);
  const then = await clock(page);
  await page.getByRole("button", { name: "Play" }).click();
  await eventually(page, "a later moment", (then) => document.querySelector("[data-clock]").dataset.timeUs > then + 20_000, then);
  await page.getByRole("button", { name: "Pause" }).click();
  const box = await diagram.boundingBox();
  await page.mouse.move(box.x + (x1 + x2) / 2, box.y + (y1 + y2) / 2);
  await eventually(page, "what is under the pointer", () => document.querySelector('.diagram-hover[d^="M"]'));
  const told = await page.locator(".diagram-told").textContent();
  const [, seconds, thousandths] = told.match(/arrived at (\d+)\.(\d+) s/);
  await page.mouse.down();
  await page.mouse.up();
  await eventually(
    page,
    `the moment of: ${told}`,
    (milliseconds) => Math.floor(document.querySelector("[data-clock]").dataset.timeUs / 1000) === milliseconds,
    Number(seconds + thousandths),
  );
});

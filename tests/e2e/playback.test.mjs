// Time: it stands, steps, goes back, runs slower and faster, and starts again with a seed.

import assert from "node:assert/strict";

import { frame, leader, nodes, passes, pause, play, restart, speed, standing, step, time } from "./cluster.mjs";
import { eventually, pageTest } from "./harness.mjs";

/** Everything that the stage and the logs show. */
function picture(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("[data-node], [data-log], [data-message], [data-kv]")]
      .map((element) => Object.entries(element.dataset).sort().join(" "))
      .sort(),
  );
}

pageTest("Paused, time stands; playing, it runs", async ({ page }) => {
  await leader(page);
  await pause(page);
  const stood = await time(page);
  for (let frames = 0; frames < 5; frames++) await frame(page);
  assert.equal(await time(page), stood);
  await play(page);
  await passes(page, 1, stood);
});

pageTest("A step goes to the next event, and a step back undoes it", async ({ page }) => {
  await leader(page);
  await pause(page);
  await step(page, "forward");
  const start = { at: await time(page), picture: await picture(page) };
  const times = [start.at];
  for (let steps = 0; steps < 10; steps++) {
    await step(page, "forward");
    times.push(await time(page));
  }
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert.ok(times.at(-1) > start.at, "ten steps took no time");
  for (let steps = 0; steps < 10; steps++) await step(page, "back");
  assert.equal(await time(page), start.at);
  assert.deepEqual(await picture(page), start.picture);
  await standing(page);
});

pageTest("The speed slider slows down and speeds up", async ({ page }) => {
  await leader(page);
  const slider = page.getByRole("slider", { name: "Speed" });
  const words = [];
  // Simulated time in ten frames, at three speeds.
  const spans = [];
  for (const place of [0, 40, 80]) {
    await speed(page, place);
    words.push(await slider.getAttribute("aria-valuetext"));
    await frame(page);
    const since = await time(page);
    for (let frames = 0; frames < 10; frames++) await frame(page);
    spans.push((await time(page)) - since);
  }
  assert.equal(words[0], "1/500");
  assert.equal(new Set(words).size, 3);
  assert.ok(spans[0] < spans[1] && spans[1] < spans[2], `${spans}`);
});

pageTest("The speed is remembered", async ({ page, openPage }) => {
  await speed(page, 55);
  const slider = page.getByRole("slider", { name: "Speed" });
  const said = await slider.getAttribute("aria-valuetext");
  await openPage();
  assert.equal(await slider.inputValue(), "55");
  assert.equal(await slider.getAttribute("aria-valuetext"), said);
});

pageTest("The same seed gives the same run, another seed another", async ({ page }) => {
  // The slowest speed: whatever a restart opens with is stepped from the same moment.
  const firstLeader = async (seed) => {
    await speed(page, 0);
    await restart(page, seed);
    await pause(page);
    for (let steps = 0; steps < 300; steps++) {
      await step(page, "forward");
      const found = (await nodes(page)).find(({ role }) => role === "leader");
      if (found) return { at: await time(page), picture: await picture(page) };
    }
    return assert.fail("no leader in 300 steps");
  };
  const once = await firstLeader(7);
  const again = await firstLeader(7);
  const other = await firstLeader(8);
  assert.deepEqual(again, once);
  assert.notEqual(other.at, once.at);
  assert.equal(await page.getByRole("textbox", { name: "Seed" }).inputValue(), "8");
});

pageTest("Start again goes back to the beginning", async ({ page }) => {
  await speed(page, 60);
  await leader(page);
  const late = await time(page);
  await speed(page, 20);
  await restart(page);
  await eventually(page, "the clock is early again", (late) => {
    return Number(document.querySelector("[data-clock]").dataset.timeUs) < late;
  }, late);
  await leader(page);
});

pageTest("A wrong seed is refused, and the run goes on", async ({ page }) => {
  await leader(page);
  const field = page.getByRole("textbox", { name: "Seed" });
  const began = await time(page);
  for (const wrong of ["abc", "-1", "1.5", "12345678901234567890123", ""]) {
    await restart(page, wrong);
    await page.locator('input[aria-label="Seed"][aria-invalid="true"]').waitFor();
    assert.match(await field.evaluate((input) => input.validationMessage), /whole number from 0 to/);
    assert.equal(await field.inputValue(), wrong);
  }
  assert.ok((await time(page)) >= began, "the run was lost");
  await restart(page, "7");
  await page.locator('input[aria-label="Seed"]:not([aria-invalid])').waitFor();
  assert.equal(await field.inputValue(), "7");
});

// The library: every scenario opens and plays, and the one without a rule of Raft is found out.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { assertSafe, passes, speed, standing, time } from "./cluster.mjs";
import { eventually, pageTest } from "./harness.mjs";

const FOLDER = fileURLToPath(new URL("../../scenarios/", import.meta.url));

async function scenarios() {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".json"));
  return Promise.all(files.map(async (file) => ({ file, ...JSON.parse(await readFile(FOLDER + file, "utf8")) })));
}

async function open(page, { name, nodes }) {
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ label: name });
  await eventually(page, `${name} shows its ${nodes} nodes`, (nodes) => {
    return document.querySelectorAll("[data-node]").length === nodes;
  }, nodes);
}

pageTest("Every scenario is in the menu, opens, plays and breaks no law", async ({ page }) => {
  const all = await scenarios();
  const labels = await page.getByRole("combobox", { name: "Scenario" }).locator("option").allTextContents();
  assert.deepEqual(labels.toSorted(), all.map(({ name }) => name).toSorted());
  await speed(page, 90);
  for (const scenario of all.filter(({ without = [] }) => without.length === 0)) {
    await open(page, scenario);
    await passes(page, 2_000);
    await assertSafe(page);
  }
});

pageTest("A scenario says what it shows", async ({ page }) => {
  const scenario = (await scenarios()).find(({ file }) => file.includes("figure7"));
  await open(page, scenario);
  await page.getByText(scenario.about).first().waitFor();
});

pageTest("Without a rule of Raft the checks turn red and stop the run", async ({ page }) => {
  const broken = (await scenarios()).filter(({ without = [] }) => without.length > 0);
  assert.ok(broken.length > 0);
  await speed(page, 80);
  for (const scenario of broken.filter(({ expect }) => expect.some(({ violations = [] }) => violations.length > 0))) {
    await open(page, scenario);
    await eventually(page, `${scenario.name} breaks a law`, () => {
      return Number(document.querySelector("[data-checks]").dataset.violations) > 0;
    });
    await standing(page);
    const stoppedAt = await time(page);
    assert.match(await page.locator("[data-checks]").getAttribute("aria-label"), /broken|violation/);
    // What broke is listed without being asked for.
    await page.getByRole("dialog", { name: "Safety checks" }).waitFor();
    assert.equal(await time(page), stoppedAt);
  }
});

pageTest("The badge lists the laws with their marks", async ({ page }) => {
  await page.locator("[data-checks]").click();
  const list = page.getByRole("dialog", { name: "Safety checks" });
  await list.waitFor();
  const laws = list.getByRole("listitem");
  assert.ok((await laws.count()) >= 10);
  assert.equal(await list.getByRole("img", { name: "holds" }).count(), await laws.count());
  await page.keyboard.press("Escape");
  await list.waitFor({ state: "hidden" });
});

// The panels at the side: network, dashboard, events, inspector.

import assert from "node:assert/strict";

import { NODES, assertSafe, becomes, choose, cutIs, leader, passes, pause, speed } from "./cluster.mjs";
import { eventually, pageTest } from "./harness.mjs";

function tab(page, name) {
  return page.getByRole("tab", { name, exact: true }).click();
}

pageTest("The network's sliders change what the messages suffer", async ({ page }) => {
  await speed(page, 50);
  const { term } = await leader(page);
  await tab(page, "Network");
  for (const [name, place, says] of [
    ["Greatest latency", 20, /20 ms/],
    ["Duplication", 30, /30 %/],
    ["Loss", 100, /100 %/],
  ]) {
    const slider = page.getByRole("slider", { name });
    await slider.fill(String(place));
    await eventually(page, `${name} says ${says}`, ([name, says]) => {
      const label = [...document.querySelectorAll("label")].find((label) => label.textContent.startsWith(name));
      return new RegExp(says).test(label.querySelector("output").textContent);
    }, [name, says.source]);
  }
  // With everything lost no leader can keep its office.
  await eventually(page, "nobody leads", () => !document.querySelector('[data-role="leader"]'));
  await page.getByRole("slider", { name: "Loss" }).fill("0");
  await leader(page, { term });
  await assertSafe(page);
});

pageTest("A node is isolated and joined again in the network panel", async ({ page }) => {
  await leader(page);
  await tab(page, "Network");
  await page.getByRole("button", { name: "Isolate node-2" }).click();
  for (const other of NODES.filter((name) => name !== "node-2")) {
    await cutIs(page, "node-2", other, true);
    await cutIs(page, other, "node-2", true);
  }
  await page.getByRole("button", { name: "Rejoin node-2" }).click();
  for (const other of NODES.filter((name) => name !== "node-2")) await cutIs(page, other, "node-2", false);
});

pageTest("A split vote can be forced, and is won in the end", async ({ page }) => {
  const { name, term } = await leader(page);
  await speed(page, 40);
  await choose(page, name, "Crash");
  await becomes(page, name, { role: "down" });
  await page.getByRole("button", { name: "Force a split vote" }).first().click();
  await eventually(page, "two stand at once", () => document.querySelectorAll('[data-role$="candidate"]').length >= 2);
  await leader(page, { term: term + 1, not: [name] });
  await assertSafe(page);
});

pageTest("The dashboard counts nodes, and sees a crash", async ({ page }) => {
  await speed(page, 45);
  const { name, term } = await leader(page);
  await tab(page, "Dashboard");
  const panel = page.getByRole("tabpanel");
  const tile = (label) => panel.locator("dl > div").filter({ hasText: label }).locator("dd");
  const shows = async (label, value) => tile(label).filter({ hasText: new RegExp(`^${value}$`) }).waitFor();
  await shows("Total nodes", 5);
  await shows("Leaders", 1);
  await shows("Followers", 4);
  await shows("Current term", term);
  assert.equal(await panel.getByRole("row").count(), 6);

  await choose(page, name, "Crash");
  await shows("Unreachable", 1);
  await panel.getByRole("row").filter({ hasText: name }).filter({ hasText: /down|crashed|unreachable/i }).waitFor();
  await leader(page, { term: term + 1, not: [name] });
  await shows("Current term", term + 1);
  await passes(page, 1_000);
  for (const metric of ["Operations/sec", "Avg latency", "Leader elections", "Entries committed", "RPC success rate"]) {
    await panel.getByRole("listitem").filter({ hasText: metric }).filter({ hasText: /\d/ }).waitFor();
  }
});

pageTest("The inspector says of a node what the paper calls it", async ({ page }) => {
  const { name, term } = await leader(page);
  await pause(page);
  await page.locator(`[data-node="${name}"]`).click();
  await page.keyboard.press("Escape");
  const panel = page.getByRole("tabpanel");
  for (const field of ["current_term", "voted_for", "commit_index", "last_applied"]) {
    await panel.getByText(field, { exact: true }).first().waitFor();
  }
  await panel.getByText(`Leader of term ${term}`).first().waitFor();
});

pageTest("The events tell the story, and lead to why", async ({ page }) => {
  const { name, term } = await leader(page);
  await pause(page);
  await tab(page, "Events");
  const line = page.getByRole("tabpanel").getByRole("button").filter({ hasText: `${name}` }).filter({ hasText: /leader/ });
  await line.first().waitFor();
  await page.getByLabel("About").selectOption("elections");
  await line.first().click();
  // The inspector opens on the event, with the rule of the paper that made it happen.
  await page.getByRole("tabpanel").getByText(/§\d|Figure 2/).first().waitFor();
  assert.ok(term >= 1);
});

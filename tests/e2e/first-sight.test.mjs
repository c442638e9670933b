// What a visitor sees before touching anything.

import assert from "node:assert/strict";

import { NODES, assertSafe, leader, log, nodes, playing } from "./cluster.mjs";
import { eventually, pageTest } from "./harness.mjs";

pageTest("The page plays by itself", async ({ page }) => {
  await playing(page);
  await eventually(page, "the clock moves", () => {
    const now = Number(document.querySelector("[data-clock]").dataset.timeUs);
    window.firstSeen ??= now;
    return now > window.firstSeen;
  });
});

pageTest("Five nodes, their links and the controls are there, each with a name", async ({ page }) => {
  for (const name of NODES) {
    const shape = page.locator(`[data-node="${name}"]`);
    await shape.waitFor();
    assert.match(await shape.getAttribute("aria-label"), new RegExp(`^${name}, [a-z-]+, term \\d+`));
    for (const other of NODES.filter((other) => other !== name)) {
      assert.equal(await page.locator(`[data-link="${name}:${other}"][data-cut="false"]`).count(), 1);
    }
  }
  for (const name of ["Pause", "Step forward", "Step back", "Send"]) {
    await page.getByRole("button", { name, exact: true }).waitFor();
  }
  await page.getByRole("slider", { name: "Speed" }).waitFor();
  for (const name of ["Operation", "Key", "Value"]) await page.getByLabel(name, { exact: true }).waitFor();
  await assertSafe(page);
});

// The reader's time is counted in frames: on a loaded machine, frames are what comes late.
pageTest("An election happens within two seconds of reading, with messages to be seen", { open: false }, async (given) => {
  const { page, openPage } = given;
  await page.addInitScript(() => {
    const seen = { ms: 0, kinds: new Set(), leaderAt: null };
    let last = null;
    const look = (now) => {
      // The page does not make up for frames that are later than this either.
      if (last !== null) seen.ms += Math.min(now - last, 100);
      last = now;
      for (const { dataset } of document.querySelectorAll("[data-message]")) seen.kinds.add(dataset.kind);
      if (document.querySelector('[data-role="leader"]')) seen.leaderAt ??= seen.ms;
      else if (!document.querySelector("[data-node]")) [seen.ms, last] = [0, null];
      if (seen.leaderAt === null) requestAnimationFrame(look);
      else window.firstElection = { after: seen.leaderAt, kinds: [...seen.kinds] };
    };
    requestAnimationFrame(look);
  });
  await openPage();
  await leader(page);
  const { after, kinds } = await (await eventually(page, "the election is seen", () => window.firstElection)).jsonValue();
  assert.ok(after <= 2_000, `the leader came after ${after} ms`);
  assert.ok(kinds.some((kind) => /vote/.test(kind)), `no votes were seen, only ${kinds}`);
});

pageTest("A client writes now and then, and the logs grow", async ({ page }) => {
  await leader(page);
  await eventually(page, "a client's entry in every log", () => {
    const rows = ["node-0", "node-1", "node-2", "node-3", "node-4"];
    return rows.every((name) => {
      const cells = [...document.querySelectorAll(`[data-log^="${name}:"]`)];
      return cells.some((cell) => !/no-op/.test(cell.textContent) && cell.dataset.state !== "unsynced");
    });
  });
  const { term } = await leader(page);
  for (const { lastIndex } of await nodes(page)) assert.ok(lastIndex >= 2);
  for (const entry of await log(page, "node-0")) assert.ok(entry.term <= term);
  await assertSafe(page);
});

pageTest("One line says what to try first", async ({ page }) => {
  await page.getByText(/Click the leader, and crash it/).first().waitFor();
});

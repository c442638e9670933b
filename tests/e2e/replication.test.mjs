// A request on its way: into a log, into all logs, committed, applied, answered.

import assert from "node:assert/strict";

import { NODES, assertSafe, frame, holds, leader, log, nodes, pause, play, send, speed, step } from "./cluster.mjs";
import { eventually, pageTest } from "./harness.mjs";

/** Steps until the page shows something; each step is one event of the run. */
async function stepUntil(page, what, shows, argument) {
  for (let steps = 0; steps < 400; steps++) {
    if (await page.evaluate(shows, argument)) return;
    await step(page, "forward");
  }
  assert.fail(`400 steps did not show that ${what}`);
}

pageTest("SET city Oslo is appended, committed and applied everywhere", async ({ page }) => {
  const { name } = await leader(page);
  await pause(page);
  await send(page, "Set", { key: "city", value: "Oslo" });

  const stands = ({ name, states }) =>
    [...document.querySelectorAll(`[data-log^="${name}:"]`)].some(
      ({ dataset, textContent }) => /city/.test(textContent) && states.includes(dataset.state),
    );
  await stepUntil(page, "the leader has the entry", stands, { name, states: ["unsynced", "appended"] });
  const entry = (await log(page, name)).find(({ text }) => /city/.test(text));
  assert.equal((await page.locator(`[data-kv="${name}:city"]`).count()), 0, "it is applied before it is committed");

  const cellIs = ({ name, index, states }) =>
    states.includes(document.querySelector(`[data-log="${name}:${index}"]`)?.dataset.state);
  const { index } = entry;
  await stepUntil(page, "the leader has committed it", cellIs, { name, index, states: ["committed", "applied"] });
  const onDisk = (await Promise.all(NODES.map((other) => log(page, other)))).filter((cells) =>
    cells.some((cell) => cell.index === index && cell.term === entry.term && cell.state !== "unsynced"),
  );
  assert.ok(onDisk.length >= 3, `committed with ${onDisk.length} copies`);
  const states = onDisk.map((cells) => cells.find((cell) => cell.index === index).state).sort();
  assert.deepEqual([...new Set(states)], ["applied", "committed"], "the others have not heard of the commit yet");
  assert.ok((await nodes(page)).find((other) => other.name === name).commit >= index);

  await play(page);
  await holds(page, "city", "Oslo");
  for (const other of NODES) {
    await page.locator(`[data-log="${other}:${index}"][data-term="${entry.term}"][data-state="applied"]`).waitFor();
  }
  await page.getByText(new RegExp(`done by node-\\d at index ${index}`)).first().waitFor();
  await assertSafe(page);
});

pageTest("Append, compare-and-set, get and delete do what they say", async ({ page }) => {
  await leader(page);
  await speed(page, 45);
  await send(page, "Set", { key: "town", value: "Os" });
  await holds(page, "town", "Os");
  await send(page, "Append", { key: "town", value: "lo" });
  await holds(page, "town", "Oslo");
  await send(page, "Compare-and-set", { key: "town", expected: "Oslo", value: "Bergen" });
  await holds(page, "town", "Bergen");
  await send(page, "Compare-and-set", { key: "town", expected: "Oslo", value: "Paris" });
  await send(page, "Get", { key: "town" });
  const requests = page.getByRole("list", { name: "Your requests" }).getByRole("listitem");
  await requests.filter({ hasText: /get town/ }).filter({ hasText: /Bergen/ }).waitFor();
  await holds(page, "town", "Bergen");
  await send(page, "Delete", { key: "town" });
  await holds(page, "town", null);
  await assertSafe(page);
});

pageTest("A follower that is asked sends the request on to the leader", async ({ page }) => {
  const { name } = await leader(page);
  const follower = NODES.find((other) => other !== name);
  await send(page, "Set", { key: "asked", value: "follower", ask: follower });
  await holds(page, "asked", "follower");
  await page.getByText(new RegExp(`done by ${name}`)).first().waitFor();
});

pageTest("What a person types is shown as text, never as markup", async ({ page }) => {
  await leader(page);
  const value = '<img src=x onerror="window.injected=1">';
  await send(page, "Set", { key: "mark", value });
  await holds(page, "mark", value);
  await frame(page);
  assert.equal(await page.evaluate(() => window.injected), undefined);
  assert.equal(await page.locator("img").count(), 0);
});

pageTest("A new snapshot takes the place of the entries", async ({ page }) => {
  await leader(page);
  await speed(page, 50);
  await eventually(page, "five entries are committed everywhere", () =>
    [...document.querySelectorAll("[data-node]")].every(({ dataset }) => Number(dataset.commit) >= 5),
  );
  await pause(page);
  const { name, commit } = await leader(page);
  await page.locator(`[data-node="${name}"]`).click();
  await page.getByRole("button", { name: "Take snapshot", exact: true }).click();
  await play(page);
  await page.getByText(/snapshot 1–\d+/).first().waitFor();
  await page.locator(`[data-log="${name}:1"]`).waitFor({ state: "detached" });
  assert.ok(commit >= 5);
  await assertSafe(page);
});

// What a person breaks, and what Raft does about it.

import assert from "node:assert/strict";

import {
  NODES,
  assertSafe,
  becomes,
  choose,
  clickLane,
  cutIs,
  holds,
  leader,
  log,
  logsAgree,
  menu,
  node,
  nodes,
  pause,
  play,
  send,
  speed,
  step,
} from "./cluster.mjs";
import { eventually, pageTest } from "./harness.mjs";

pageTest("A crashed leader is replaced in a later term, and catches up when it restarts", async ({ page }) => {
  await speed(page, 40);
  const first = await leader(page);
  await choose(page, first.name, "Crash");
  await becomes(page, first.name, { role: "down" });
  assert.match(await page.locator(`[data-node="${first.name}"]`).getAttribute("aria-label"), /crashed|down/);

  const second = await leader(page, { term: first.term + 1, not: [first.name] });
  assert.notEqual(second.name, first.name);
  await send(page, "Set", { key: "while", value: "away" });
  await holds(page, "while", "away", NODES.filter((name) => name !== first.name));
  assert.equal((await node(page, first.name)).role, "down");

  await choose(page, first.name, "Restart");
  await becomes(page, first.name, { role: "follower" });
  await holds(page, "while", "away");
  await eventually(page, "the restarted node is in the new term", ({ name, term }) => {
    return Number(document.querySelector(`[data-node="${name}"]`).dataset.term) >= term;
  }, second);
  await assertSafe(page);
});

pageTest("A cut lane carries nothing, in its own direction only, until it is healed", async ({ page }) => {
  await speed(page, 40);
  const { name } = await leader(page);
  const other = NODES.find((candidate) => candidate !== name);
  await clickLane(page, name, other);
  await cutIs(page, name, other, true);
  await cutIs(page, other, name, false);
  await send(page, "Set", { key: "past", value: "the cut" });
  await holds(page, "past", "the cut", NODES.filter((candidate) => candidate !== other));
  assert.equal(await page.locator(`[data-kv="${other}:past"]`).count(), 0);

  await clickLane(page, name, other);
  await cutIs(page, name, other, false);
  await holds(page, "past", "the cut");
  await assertSafe(page);
});

pageTest("A message that is clicked can be read and dropped", async ({ page }) => {
  await speed(page, 10);
  await leader(page);
  await pause(page);
  const inFlight = page.locator("[data-message][data-motion='flying']");
  while ((await inFlight.count()) === 0) await step(page, "forward");
  const id = await inFlight.first().getAttribute("data-message");
  const message = page.locator(`[data-message="${id}"]`);
  const { kind, from, to } = await message.evaluate(({ dataset }) => ({ ...dataset }));
  assert.ok(kind && from && to);
  await message.dispatchEvent("click");
  const card = page.getByRole("region", { name: "Selected message" });
  await card.getByText(from).first().waitFor();
  await card.getByRole("button", { name: "Drop", exact: true }).click();
  await eventually(page, "the message is off its way", (id) => {
    const shape = document.querySelector(`[data-message="${id}"]`);
    return shape === null || shape.dataset.motion === "lost";
  }, id);
  await card.waitFor({ state: "detached" });
  await play(page);
  await assertSafe(page);
});

pageTest("A message that is held waits, and goes on when it is released", async ({ page }) => {
  await speed(page, 10);
  await leader(page);
  await pause(page);
  const inFlight = page.locator("[data-message][data-motion='flying'][data-kind^='append']");
  while ((await inFlight.count()) === 0) await step(page, "forward");
  const id = await inFlight.first().getAttribute("data-message");
  const message = page.locator(`[data-message="${id}"]`);
  const card = page.getByRole("region", { name: "Selected message" });
  await message.dispatchEvent("click");
  await card.getByRole("button", { name: "Hold", exact: true }).click();
  await page.locator(`[data-message="${id}"][data-motion="held"]`).waitFor();
  for (let steps = 0; steps < 30; steps++) await step(page, "forward");
  assert.equal(await message.getAttribute("data-motion"), "held");
  await message.dispatchEvent("click");
  await card.getByRole("button", { name: "Release", exact: true }).click();
  await play(page);
  await message.waitFor({ state: "detached" });
});

pageTest("A leader in a minority commits nothing, and gives way when the links heal", async ({ page }) => {
  await speed(page, 40);
  const old = await leader(page);
  const majority = NODES.filter((name) => name !== old.name);
  await pause(page);
  await choose(page, old.name, "Isolate");
  for (const other of majority) {
    await cutIs(page, old.name, other, true);
    await cutIs(page, other, old.name, true);
  }
  await send(page, "Set", { key: "lost", value: "in the minority", ask: old.name });
  const taken = (name) =>
    [...document.querySelectorAll(`[data-log^="${name}:"]`)].some((cell) => /lost/.test(cell.textContent));
  while (!(await page.evaluate(taken, old.name))) await step(page, "forward");
  const entry = (await log(page, old.name)).find(({ text }) => /lost/.test(text));

  await play(page);
  const next = await leader(page, { term: old.term + 1, not: [old.name] });
  await send(page, "Set", { key: "kept", value: "by the majority", ask: next.name });
  await holds(page, "kept", "by the majority", majority);
  const minority = await node(page, old.name);
  assert.ok(minority.commit < entry.index, `entry ${entry.index} is committed in a minority: ${minority.commit}`);
  assert.notEqual(minority.role, "leader", "CheckQuorum lets a leader without a majority step down");

  await page.getByRole("button", { name: "Heal all" }).first().click();
  await holds(page, "kept", "by the majority");
  await logsAgree(page, { least: entry.index });
  const replaced = await page.locator(`[data-log="${old.name}:${entry.index}"]`).getAttribute("data-term");
  assert.ok(Number(replaced) > entry.term, "the minority's entry is still there");
  await assertSafe(page);
});

pageTest("A paused node stands still and goes on where it was", async ({ page }) => {
  await speed(page, 40);
  const { name: led } = await leader(page);
  const name = NODES.find((other) => other !== led);
  await choose(page, name, "Pause");
  await becomes(page, name, { role: "paused" });
  await send(page, "Set", { key: "paused", value: "meanwhile" });
  await holds(page, "paused", "meanwhile", NODES.filter((other) => other !== name));
  assert.equal(await page.locator(`[data-kv="${name}:paused"]`).count(), 0);
  await choose(page, name, "Resume");
  await holds(page, "paused", "meanwhile");
  assert.equal((await node(page, name)).role, "follower");
  await assertSafe(page);
});

pageTest("A node whose timer runs out asks for votes", async ({ page }) => {
  const { name: led } = await leader(page);
  const name = NODES.find((other) => other !== led);
  await pause(page);
  await choose(page, name, "Time out");
  await eventually(page, "it stands for election", (name) => {
    return /candidate/.test(document.querySelector(`[data-node="${name}"]`).dataset.role);
  }, name);
});

pageTest("Leadership is transferred to the chosen node", async ({ page }) => {
  await speed(page, 40);
  const { name: led, term } = await leader(page);
  const name = NODES.find((other) => other !== led);
  await choose(page, name, "Transfer leadership");
  await page.locator(`[data-node="${name}"][data-role="leader"]`).waitFor();
  assert.equal((await leader(page, { term: term + 1 })).name, name);
  await assertSafe(page);
});

pageTest("A node whose disk was wiped begins with nothing and is filled again", async ({ page }) => {
  await speed(page, 40);
  const { name: led } = await leader(page);
  const name = NODES.find((other) => other !== led);
  await send(page, "Set", { key: "wiped", value: "and back" });
  await holds(page, "wiped", "and back");
  await choose(page, name, "Crash");
  await becomes(page, name, { role: "down" });
  await pause(page);
  await choose(page, name, "Wipe disk");
  await becomes(page, name, { "last-index": "0", term: "0" });
  assert.deepEqual(await log(page, name), []);
  await choose(page, name, "Restart");
  await play(page);
  await holds(page, "wiped", "and back");
  await assertSafe(page);
});

pageTest("A menu offers only what makes sense", async ({ page }) => {
  const { name } = await leader(page);
  // There is something to take a snapshot of.
  await eventually(
    page,
    "the leader has committed",
    (name) => Number(document.querySelector(`[data-node="${name}"]`).dataset.commit) > 0,
    name,
  );
  await page.locator(`[data-node="${name}"]`).click();
  const item = (item) => menu(page, name).getByRole("button", { name: item, exact: true });
  for (const sensible of ["Crash", "Pause", "Take snapshot"]) assert.ok(await item(sensible).isEnabled(), sensible);
  for (const senseless of ["Restart", "Resume", "Time out", "Transfer leadership", "Wipe disk"]) {
    assert.ok(await item(senseless).isDisabled(), senseless);
  }
  await item("Crash").click();
  await becomes(page, name, { role: "down" });
  await page.locator(`[data-node="${name}"]`).click();
  for (const sensible of ["Restart", "Wipe disk"]) assert.ok(await item(sensible).isEnabled(), sensible);
  assert.ok(await item("Pause").isDisabled());
  assert.equal((await nodes(page)).filter(({ role }) => role === "down").length, 1);
});

// The page as a person knows it: nodes, links, messages, logs and keys, by the hooks that the page promises
// (data-node, data-link, …) and by accessible names. Nothing here sleeps: whatever takes time is waited for.

import assert from "node:assert/strict";

import { eventually } from "./wait.mjs";

export const NODES = ["node-0", "node-1", "node-2", "node-3", "node-4"];

/** What a node of the stage says about itself. */
export async function node(page, name) {
  const { role, term, commit, lastIndex } = await page
    .locator(`[data-node="${name}"]`)
    .evaluate((element) => ({ ...element.dataset }));
  return { name, role, term: Number(term), commit: Number(commit), lastIndex: Number(lastIndex) };
}

export function nodes(page) {
  return Promise.all(NODES.map((name) => node(page, name)));
}

/** Waits for a leader of at least this term, other than the nodes in `not`; answers what it says about itself. */
export async function leader(page, { term = 1, not = [] } = {}) {
  const found = await eventually(
    page,
    `a leader of term ${term} or later${not.length ? `, not ${not}` : ""}`,
    ({ term, not }) => {
      const leaders = [...document.querySelectorAll('[data-node][data-role="leader"]')];
      const fits = ({ dataset }) => Number(dataset.term) >= term && !not.includes(dataset.node);
      return leaders.find(fits)?.dataset.node;
    },
    { term, not },
  );
  return node(page, await found.jsonValue());
}

/** Waits until this node's attributes are these: `becomes(page, "node-0", { role: "down" })`. */
export function becomes(page, name, attributes) {
  const selector = Object.entries(attributes).map(([key, value]) => `[data-${key}="${value}"]`);
  return page.locator(`[data-node="${name}"]${selector.join("")}`).waitFor();
}

/** Opens a node's menu with the mouse and chooses an item. */
export async function choose(page, name, item) {
  await page.locator(`[data-node="${name}"]`).click();
  await menu(page, name).getByRole("button", { name: item, exact: true }).click();
}

/** The menu of a node. */
export function menu(page, name) {
  return page.getByRole("group", { name: new RegExp(`^What to do to ${name}`) });
}

/** Moves the slider named Speed; 0 is slowest, 100 fastest. */
export async function speed(page, place) {
  await page.getByRole("slider", { name: "Speed" }).fill(String(place));
}

/** Simulated time, in microseconds. */
export async function time(page) {
  return Number(await page.locator("[data-clock]").getAttribute("data-time-us"));
}

/** Waits until so much simulated time, in milliseconds, has passed since `since` (microseconds) or now. */
export async function passes(page, ms, since) {
  const until = (since ?? (await time(page))) + ms * 1000;
  await eventually(
    page,
    `the clock passes ${until} µs`,
    (until) => Number(document.querySelector("[data-clock]").dataset.timeUs) >= until,
    until,
  );
}

export function playing(page) {
  return page.locator('[data-clock][data-playing="true"]').waitFor();
}

export function standing(page) {
  return page.locator('[data-clock][data-playing="false"]').waitFor();
}

export async function pause(page) {
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await standing(page);
}

export async function play(page) {
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await playing(page);
}

/** One step; waits until it is shown. */
export async function step(page, direction) {
  await page.getByRole("button", { name: `Step ${direction}` }).click();
  await frame(page);
}

/** Waits for the page to draw what it was told. */
export function frame(page) {
  return page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** Starts the run again with this seed, as a person does. */
export async function restart(page, seed) {
  const field = page.getByRole("textbox", { name: "Seed" });
  if (seed !== undefined) await field.fill(String(seed));
  await page.getByRole("button", { name: "Start again" }).click();
}

/** Fills the request form and sends it. */
export async function send(page, operation, { key, value, expected, ask }) {
  const form = page.getByRole("form", { name: "Send a request" });
  await form.getByLabel("Operation").selectOption(operation);
  await form.getByLabel("Key").fill(key);
  if (expected !== undefined) await form.getByLabel("Expected").fill(expected);
  if (value !== undefined) await form.getByLabel("Value").fill(value);
  if (ask !== undefined) await form.getByLabel("Ask").selectOption(ask);
  await form.getByRole("button", { name: "Send" }).click();
}

/** Waits until these nodes hold this value of a key; `null` waits until they hold none. */
export function holds(page, key, value, names = NODES) {
  return eventually(
    page,
    `${key} is ${value} on ${names}`,
    ({ key, value, names }) =>
      names.every((name) => {
        const cell = document.querySelector(`[data-kv="${CSS.escape(name)}:${CSS.escape(key)}"]`);
        return value === null ? cell === null : cell?.textContent.trim() === value;
      }),
    { key, value, names },
  );
}

/** The cells of a node's log that are shown: `[{ index, term, state, text }]`. */
export function log(page, name) {
  return page.locator(`[data-log^="${name}:"]`).evaluateAll((cells) =>
    cells
      .map(({ dataset, textContent }) => ({
        index: Number(dataset.log.split(":")[1]),
        term: Number(dataset.term),
        state: dataset.state,
        text: textContent.trim(),
      }))
      .sort((a, b) => a.index - b.index),
  );
}

/** Waits until the logs of these nodes show the same entries, `least` or more, all of them applied. */
export function logsAgree(page, { names = NODES, least = 1 } = {}) {
  return eventually(
    page,
    `the logs of ${names} are equal`,
    ({ names, least }) => {
      const [first, ...others] = names.map((name) =>
        [...document.querySelectorAll(`[data-log^="${name}:"]`)]
          .map(({ dataset, textContent }) => `${dataset.log.split(":")[1]} ${dataset.term} ${textContent} ${dataset.state}`)
          .sort()
          .join("\n"),
      );
      const applied = first.split("\n").every((line) => line.endsWith(" applied"));
      return first.split("\n").length >= least && applied && others.every((other) => other === first);
    },
    { names, least },
  );
}

/** Cuts or heals one direction of a link: a click in the middle of its lane. */
export async function clickLane(page, from, to) {
  const lane = page.locator(`[data-link="${from}:${to}"]`);
  // A message may be on its way over the middle of the lane; so the click is the lane's own.
  await lane.dispatchEvent("click");
  await frame(page);
}

/** Whether a direction of a link is cut. */
export function cutIs(page, from, to, cut) {
  return page.locator(`[data-link="${from}:${to}"][data-cut="${cut}"]`).waitFor({ state: "attached" });
}

/** The checks of the run: how many violations they found. */
export async function violations(page) {
  return Number(await page.locator("[data-checks]").getAttribute("data-violations"));
}

/** Fails if a law of Raft was broken in the run that the page shows. */
export async function assertSafe(page) {
  assert.equal(await violations(page), 0, "a law of Raft was broken");
}

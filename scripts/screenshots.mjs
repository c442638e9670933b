// Takes the pictures of the page that the documents show, from the built page in dist/.
//
//   scripts/with-tools.sh node scripts/screenshots.mjs [FOLDER]      docs/images if none is named
//
// The same seed and single steps give the same pictures, however fast the machine is.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { launchBrowser } from "../tests/e2e/browser.mjs";
import { choose, frame, nodes, send, speed, step } from "../tests/e2e/cluster.mjs";
import { serveSite } from "../tests/e2e/site.mjs";

const WIDE = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** The place of the speed slider when the page opens for the first time. */
const USUAL_SPEED = 27;
/** Simulated time does not pass while the page is prepared: the slowest speed, until the first pause. */
const SLOWEST = () => localStorage.setItem("mini-raft.speed", "0");
/** More steps than any picture needs. */
const STEPS_MAX = 3_000;

const PICTURES = [
  { name: "wide", ...WIDE, colorScheme: "light", prepare: afterACrash },
  { name: "dark", ...WIDE, colorScheme: "dark", prepare: splitVote },
  { name: "phone", ...PHONE, colorScheme: "light", prepare: replication },
];

const folder = process.argv[2] ?? fileURLToPath(new URL("../docs/images", import.meta.url));
await mkdir(folder, { recursive: true });
const site = await serveSite();
const browser = await launchBrowser();
try {
  for (const { name, prepare, ...options } of PICTURES) {
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    await page.addInitScript(SLOWEST);
    await page.goto(site.url);
    await page.getByRole("button", { name: "Pause", exact: true }).click({ timeout: 60_000 });
    await speed(page, USUAL_SPEED);
    await prepare(page);
    await frame(page);
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    console.log(path);
    await context.close();
  }
} finally {
  await browser.close();
  await site.close();
}

/** A crashed leader, and its successor at work: entries and heartbeats go out, answers come back. */
async function afterACrash(page) {
  const first = await steadyLeader(page, 1);
  await send(page, "Set", { key: "name", value: "Alice" });
  await stepUntil(page, "all have four entries", async () => (await nodes(page)).every(({ commit }) => commit >= 4));
  await choose(page, first.name, "Crash");
  await steadyLeader(page, 2);
  // With nothing selected the inspector tells of the leader.
  await page.keyboard.press("Escape");
  await send(page, "Set", { key: "city", value: "Oslo" });
  await stepUntil(page, "many messages are under way", async () => {
    const [all, entries, replies] = await Promise.all([
      page.locator("[data-message]").count(),
      under(page, "append-entries"),
      under(page, "append-entries-reply"),
    ]);
    return all >= 6 && entries >= 2 && replies >= 1;
  });
}

/** Several candidates ask for votes at the same time. */
async function splitVote(page) {
  const first = await steadyLeader(page, 1);
  await stepUntil(page, "all have five entries", async () => (await nodes(page)).every(({ commit }) => commit >= 5));
  await choose(page, first.name, "Crash");
  await page.getByRole("button", { name: "Force a split vote" }).first().click();
  await stepUntil(page, "candidates have sent their requests", async () => {
    const candidates = (await nodes(page)).filter(({ role }) => role === "candidate");
    return candidates.length >= 2 && (await under(page, "request-vote")) >= 4 && (await under(page, "request-vote-reply")) >= 1;
  });
  await page.getByRole("tab", { name: "Events" }).click();
}

/** A leader and its followers, in the middle of their work, and their logs. */
async function replication(page) {
  await steadyLeader(page, 1);
  await page.getByRole("tab", { name: "Logs" }).click();
  await stepUntil(page, "entries are under way", async () => {
    const all = await nodes(page);
    return all.some(({ lastIndex }) => lastIndex >= 5) && (await under(page, "append-entries")) >= 4;
  });
  await stepUntil(page, "the first has arrived", async () => (await under(page, "append-entries")) < 4);
}

/** Steps until a leader of this term has committed all that it has. */
async function steadyLeader(page, term) {
  let found;
  await stepUntil(page, `a leader of term ${term}`, async () => {
    found = (await nodes(page)).find((node) => node.role === "leader" && node.term >= term && node.commit === node.lastIndex);
    return found;
  });
  return found;
}

async function stepUntil(page, what, holds) {
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    if (await holds()) return;
    await step(page, "forward");
  }
  throw new Error(`no picture: ${what} did not happen in ${STEPS_MAX} steps`);
}

/** How many messages of this kind are under way. */
function under(page, kind) {
  return page.locator(`[data-message][data-kind="${kind}"]`).count();
}

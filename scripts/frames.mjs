// Measures how smoothly the built page in dist/ plays with many messages under way.
//
//   scripts/with-tools.sh node scripts/frames.mjs [SECONDS]      10 if none are named
//
// Every message takes 360 ms and arrives twice, longer than the election timeouts: all nodes ask for votes again and
// again, and some 200 messages are in flight. A measurement, not a test: it says what it found, on a machine that
// should have nothing else to do.

import { launchBrowser } from "../tests/e2e/browser.mjs";
import { passes, speed } from "../tests/e2e/cluster.mjs";
import { serveSite } from "../tests/e2e/site.mjs";

/** The place of the speed slider when the page opens for the first time: a fiftieth of real time. */
const USUAL_SPEED = 27;
const FAST = 90;
/** Places of the sliders: 361 ms, and always. */
const LATENCY = 85;
const DUPLICATION = 100;

const seconds = Number(process.argv[2] ?? 10);
const site = await serveSite();
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(site.url);
  await page.getByRole("tab", { name: "Network" }).click();
  const all = (name) => page.getByRole("slider", { name }).first();
  await all("Greatest latency").fill(String(LATENCY));
  await all("Least latency").fill(String(LATENCY));
  await all("Duplication").fill(String(DUPLICATION));
  await speed(page, FAST);
  await passes(page, 5_000);
  await page.getByRole("tab", { name: "Dashboard" }).click();
  await speed(page, USUAL_SPEED);

  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };

  const before = await spent();
  const { frames, messages } = await page.evaluate(timeFrames, seconds);
  const after = await spent();

  frames.sort((a, b) => a - b);
  const at = (part) => `${frames[Math.floor(part * (frames.length - 1))].toFixed(1)} ms`;
  const total = frames.reduce((sum, frame) => sum + frame, 0);
  const late = frames.filter((frame) => frame > 25).length;
  console.log(`messages in flight: ${Math.min(...messages)} to ${Math.max(...messages)}, ${mean(messages).toFixed(0)} on average`);
  console.log(`frames a second:    ${((frames.length * 1000) / total).toFixed(1)} over ${(total / 1000).toFixed(1)} s`);
  console.log(`a frame takes:      ${at(0.5)} (median), ${at(0.95)} (95 %), ${at(0.99)} (99 %), ${at(1)} at most; ${late} of ${frames.length} over 25 ms`);
  const share = (name) => `${(((after[name] - before[name]) * 100_000) / total).toFixed(0)} %`;
  console.log(
    `the page's thread:  ${share("TaskDuration")} busy; script ${share("ScriptDuration")}, style ${share("RecalcStyleDuration")}, layout ${share("LayoutDuration")}`,
  );
} finally {
  await browser.close();
  await site.close();
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** In the page: how long each frame took, and how many messages were in flight. */
async function timeFrames(seconds) {
  const frames = [];
  const messages = [];
  let last = await new Promise(requestAnimationFrame);
  const until = last + seconds * 1000;
  while (last < until) {
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    messages.push(document.querySelectorAll("[data-message]").length);
    last = now;
  }
  return { frames, messages };
}

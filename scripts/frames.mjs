// Measures how smoothly the built page in dist/ plays with many messages under way.
//
//   scripts/with-tools.sh node scripts/frames.mjs [SECONDS]      10 if none are named
//
// Links are made slow and requests are sent until 200 messages are in flight; then the time between frames is taken,
// while more requests keep the number up. A measurement, not a test: it says what it found, on a machine that should
// have nothing else to do.

import { launchBrowser } from "../tests/e2e/browser.mjs";
import { leader, speed } from "../tests/e2e/cluster.mjs";
import { serveSite } from "../tests/e2e/site.mjs";

const IN_FLIGHT = 200;
/** The place of the speed slider when the page opens for the first time: a fiftieth of real time. */
const USUAL_SPEED = 27;
/** The place of a latency slider that means 80 ms, which is 4 seconds of the reader's at that speed. */
const LATENCY = 40;

const seconds = Number(process.argv[2] ?? 10);
const site = await serveSite();
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(site.url);
  await speed(page, 80);
  await leader(page);
  await page.getByRole("tab", { name: "Network" }).click();
  await page.getByRole("slider", { name: "Greatest latency" }).first().fill(String(LATENCY));
  await page.getByRole("slider", { name: "Least latency" }).first().fill(String(LATENCY));
  await page.getByRole("textbox", { name: "Key" }).fill("city");
  await speed(page, USUAL_SPEED);

  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };

  const requests = page.evaluate(keepInFlight, { wanted: IN_FLIGHT, seconds });
  await page.waitForFunction(() => window.isMeasuring, undefined, { timeout: 120_000 });
  const before = await spent();
  const { frames, messages } = await requests;
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

/** In the page: sends requests while fewer messages than wanted are in flight, and then times frames as well. */
async function keepInFlight({ wanted, seconds }) {
  const form = document.querySelector("form.request");
  const count = () => document.querySelectorAll("[data-message]").length;
  const frames = [];
  const messages = [];
  let last = await new Promise(requestAnimationFrame);
  let until = Infinity;
  let sent = last;
  while (last < until) {
    const now = await new Promise(requestAnimationFrame);
    const inFlight = count();
    if (window.isMeasuring) {
      frames.push(now - last);
      messages.push(inFlight);
    } else if (inFlight >= wanted) {
      window.isMeasuring = true;
      until = now + seconds * 1000;
    }
    if (inFlight < wanted * 1.05 && now - sent > 100) {
      form.requestSubmit();
      sent = now;
    }
    last = now;
  }
  return { frames, messages };
}

// Scenarios and sharing: a run leaves the page as a link, a file or a picture, and comes back as the same run; what is
// wrong with a link or a file is named, and does no harm.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { choose, leader, passes, speed, standing, time } from "./cluster.mjs";
import { accessibilityFindings, eventually, pageTest } from "./harness.mjs";

/** What can be seen of the nodes. */
function nodes(page) {
  return page
    .locator("[data-node]")
    .evaluateAll((all) => all.map(({ dataset: { node, role, term, commit, lastIndex } }) => [node, role, term, commit, lastIndex]));
}

async function pause(page) {
  const button = page.getByRole("button", { name: "Pause", exact: true });
  if (await button.isVisible()) await button.click();
  await standing(page);
}

async function openShare(page) {
  await page.getByRole("button", { name: "Share and save" }).click();
  return page.getByRole("dialog", { name: "Share and save this run" });
}

async function openScenarios(page) {
  await page.getByRole("button", { name: "Library, script and files" }).click();
  return page.getByRole("dialog", { name: "Scenarios" });
}

async function linkOf(page) {
  const dialog = await openShare(page);
  const field = dialog.getByRole("textbox", { name: "Link", exact: true });
  await eventually(page, "a link", () => document.querySelector("#share textarea")?.value.includes("#s=1."));
  const link = await field.inputValue();
  await page.keyboard.press("Escape");
  return link;
}

/** A run with a crash and a cut, which stands. */
async function someRun(page) {
  await speed(page, 80);
  const { name } = await leader(page);
  await passes(page, 300);
  await choose(page, name, "Crash");
  await leader(page, { term: 2 });
  await passes(page, 200);
  await pause(page);
}

async function saved(page, button) {
  const dialog = await openShare(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: button, exact: true }).click(),
  ]);
  const text = await readFile(await download.path());
  await page.keyboard.press("Escape");
  return { name: download.suggestedFilename(), text };
}

pageTest("A link opens the same moment of the same run, standing", async ({ page, context }) => {
  await someRun(page);
  const link = await linkOf(page);
  assert.ok(link.length < 1_000, `${link.length} letters`);
  const other = await context.newPage();
  await other.goto(link);
  await other.getByText("Opened from a link: Five nodes and a client.").waitFor();
  await standing(other);
  assert.equal(await time(other), await time(page));
  assert.deepEqual(await nodes(other), await nodes(page));
  for (const each of [page, other]) {
    for (let step = 0; step < 5; step++) await each.keyboard.press("ArrowRight");
  }
  await eventually(other, "five steps on", (at) => Number(document.querySelector("[data-clock]").dataset.timeUs) >= at, await time(page));
  assert.deepEqual(await nodes(other), await nodes(page));
  assert.deepEqual(await accessibilityFindings(other), []);
  await other.getByRole("button", { name: "Dismiss" }).click();
  await other.getByText("Opened from a link").waitFor({ state: "hidden" });
});

pageTest("The link is copied, and the page says so", { permissions: ["clipboard-read", "clipboard-write"] }, async ({ page }) => {
  await pause(page);
  const dialog = await openShare(page);
  await dialog.getByRole("button", { name: "Copy link" }).click();
  await dialog.getByText("Copied.").waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /#s=1\.[\w-]+&t=\d+$/);
});

for (const [fragment, fault] of [
  ["#s=1.AAAA", "a part of it is missing or was changed"],
  ["#s=9.AAAA", "it does not begin with the version that this page reads"],
  ["#s=1.%3Cscript%3Ealert(1)%3C/script%3E", "a link has no letter"],
  [`#s=1.${"A".repeat(9_000)}`, "no link is longer than 8192"],
  ["#s=1.AAAA&t=-5", "t: expected whole microseconds"],
]) {
  pageTest(`A bad link names its fault: ${fault}`, { fragment }, async ({ page }) => {
    await page.getByRole("alert").getByText(fault).waitFor();
    await leader(page);
    assert.equal(await page.getByRole("combobox", { name: "Scenario" }).inputValue(), "0");
  });
}

pageTest("Another link in the same page is followed", async ({ page }) => {
  await someRun(page);
  const link = await linkOf(page);
  const at = await time(page);
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ index: 2 });
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await page.getByText("Opened from a link").waitFor();
  assert.equal(await time(page), at);
  await page.evaluate(() => (location.hash = "#s=1.broken"));
  await page.getByRole("alert").getByText("The link cannot be opened").waitFor();
});

pageTest("A run that was saved is opened as the same run", async ({ page }) => {
  await someRun(page);
  const before = [await time(page), await nodes(page)];
  const file = await saved(page, "Scenario");
  assert.equal(file.name, "five-nodes-and-a-client.json");
  assert.equal(JSON.parse(file.text).steps[0].do, "crash");
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ index: 2 });
  const dialog = await openScenarios(page);
  await dialog.locator("input[type=file]").setInputFiles({ name: "run.json", mimeType: "application/json", buffer: file.text });
  await page.getByText("Opened run.json.").waitFor();
  await speed(page, 80);
  await passes(page, 0, before[0]);
  await pause(page);
  // Back to the moment, by the events.
  for (let tries = 0; (await time(page)) > before[0] && tries < 3_000; tries++) await page.keyboard.press("ArrowLeft");
  const roles = (list) => list.map(([node, role, term]) => [node, role, term]);
  assert.deepEqual(roles(await nodes(page)), roles(before[1]));
});

pageTest("A file is dropped on the page; one that is wrong is told with the place, and the run goes on", async ({ page }) => {
  await leader(page);
  const drop = (name, text) =>
    page.evaluate(
      ([name, text]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], name));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      },
      [name, text],
    );
  await drop("bad.json", '{"version":1,"nodes":3,"until_ms":9,"steps":[{"at_ms":1,"do":"<img src=x onerror=alert(1)>"}]}');
  await page.getByRole("alert").getByText('steps[0].do: unknown action "<img src=x').waitFor();
  assert.equal(await page.locator("[data-node]").count(), 5);
  await drop("good.json", '{"version":1,"name":"Seven","nodes":7,"until_ms":9000}');
  await eventually(page, "seven nodes", () => document.querySelectorAll("[data-node]").length === 7);
  assert.equal(await page.getByRole("combobox", { name: "Scenario" }).locator("option:checked").textContent(), "Seven");
});

pageTest("The script is edited by keyboard alone; what is wrong is told, and nothing that was typed is lost", async ({ page }) => {
  await leader(page);
  await page.getByRole("button", { name: "Library, script and files" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Scenarios" });
  const script = dialog.getByRole("textbox", { name: "Script of this run" });
  await eventually(page, "the script", () => document.querySelector("#script")?.value.includes('"nodes": 5'));
  const text = await script.inputValue();
  const wrong = text.replace('"nodes": 5', '"nodes": 50');
  await script.fill(wrong);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("nodes: expected a whole number from 1 to 9, found the number 50").waitFor();
  assert.equal(await script.inputValue(), wrong);
  assert.equal(await script.evaluate((field) => field === document.activeElement), true);
  await script.fill(text.replace('"nodes": 5', '"nodes": 4').replace('"loss": 0.0', '"loss": 0.25'));
  await dialog.getByRole("button", { name: "Run this script" }).click();
  await dialog.waitFor({ state: "hidden" });
  await eventually(page, "four nodes", () => document.querySelectorAll("[data-node]").length === 4);
});

pageTest("The library has a line and a picture of each scenario, and opens it", async ({ page }) => {
  const dialog = await openScenarios(page);
  const cards = dialog.getByRole("list", { name: "Library" }).getByRole("button");
  assert.equal(await cards.count(), await page.getByRole("combobox", { name: "Scenario" }).locator("option").count());
  assert.equal(await cards.locator("svg").count(), await cards.count());
  assert.deepEqual(await accessibilityFindings(page), []);
  await cards.filter({ hasText: "Figure 7" }).click();
  await dialog.waitFor({ state: "hidden" });
  await eventually(page, "seven nodes", () => document.querySelectorAll("[data-node]").length === 7);
});

pageTest("The end of a scenario is told, with what came of its expectations", async ({ page }) => {
  const text = JSON.stringify({
    version: 1,
    name: "Short",
    nodes: 3,
    until_ms: 800,
    expect: [{ at_ms: 700, leader: true }, { term: 9 }],
  });
  const dialog = await openScenarios(page);
  await dialog.getByRole("textbox", { name: "Script of this run" }).fill(text);
  await dialog.getByRole("button", { name: "Run this script" }).click();
  await speed(page, 80);
  await page.getByText("The scenario ends here, at 0.800 s: 1 of 2 expectations did not come true.").waitFor();
  await page.getByText("✓ at 0.700 s: a leader").waitFor();
});

pageTest("A run is exported as a trace, a Rust test and a ShiViz log", async ({ page }) => {
  await someRun(page);
  const trace = await saved(page, "Trace");
  const lines = trace.text.toString().trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines[0].ev, "start");
  assert.deepEqual([lines.at(-1).ev, lines.at(-1).t_us], ["end", await time(page)]);
  assert.match((await saved(page, "Rust test")).text.toString(), /#\[test\]\nfn saved_run_five_nodes/);
  const log = (await saved(page, "ShiViz log")).text.toString();
  assert.match(log, /^(?<host>\S*) (?<clock>{.*})\n(?<event>.*)/);
});

pageTest("The stage is saved as SVG and as PNG", async ({ page }) => {
  await someRun(page);
  const svg = (await saved(page, "SVG")).text.toString();
  assert.match(svg, /^<svg[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /style="[^"]*fill:/);
  const png = (await saved(page, "PNG")).text;
  assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  assert.ok(png.length > 20_000, `${png.length} bytes`);
});

pageTest("An embedded page shows what was chosen, and plays", async ({ page, openPage }) => {
  await someRun(page);
  const dialog = await openShare(page);
  const code = await dialog.getByRole("textbox", { name: "Embed code" }).inputValue();
  const source = code.match(/src="([^"]*)"/)[1].replaceAll("&amp;", "&");
  assert.match(source, /&embed=stage,logs&play$/);
  await openPage(new URL(source).hash);
  await page.reload();
  await page.locator("main.stage").waitFor();
  await page.locator(".logs").waitFor();
  assert.equal(await page.locator(".side").isVisible(), false);
  assert.equal(await page.locator(".brand").isVisible(), false);
  const since = await time(page);
  await passes(page, 10, since);
});

pageTest("On a phone the dialogs fit", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, async ({ page }) => {
  for (const open of [openShare, openScenarios]) {
    const dialog = await open(page);
    await dialog.waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false);
    const box = await dialog.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
    await page.getByRole("button", { name: "Close" }).click();
    await dialog.waitFor({ state: "hidden" });
  }
});

// The page as files on a static host: it starts under any path, and its policy holds.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { pageTest } from "./harness.mjs";
import { DIST, serveSite } from "./site.mjs";

pageTest("The page starts under a path that is not the root", async ({ page, url }) => {
  assert.ok(new URL(url).pathname.length > 1);
  assert.match(await page.title(), /Mini-Raft/);
});

const refused = { allow: [/Content Security Policy/] };

pageTest("The policy refuses scripts that are not the page's own", refused, async ({ page }) => {
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.head.append(script);
    return window.injected === true;
  });
  assert.equal(ran, false);
});

pageTest("The policy refuses other hosts", refused, async ({ page }) => {
  const directive = await page.evaluate(() => {
    const refusal = new Promise((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
    });
    return fetch("https://example.com/").then(
      () => "reached",
      () => refusal,
    );
  });
  assert.equal(directive, "connect-src");
});

for (const part of ["js", "wasm"]) {
  const broken = { open: false, serviceWorkers: "block", allow: [/ERR_FAILED|Failed to fetch/] };
  pageTest(`The page says so where its ${part} does not load`, broken, async ({ page, url }) => {
    await page.route(new RegExp(`/mini-raft-web[^/]*\\.${part}$`), (route) => route.abort("failed"));
    await page.goto(url);
    await page.getByText("The page could not start.").waitFor();
  });
}

pageTest("These tests notice errors of the page", { allow: [/on purpose/, /absent/, /404/] }, async (given) => {
  const { page, complaints } = given;
  const thrown = page.waitForEvent("pageerror");
  await page.evaluate(() => {
    console.error("logged on purpose");
    setTimeout(() => {
      throw new Error("thrown on purpose");
    });
    return fetch("absent.txt");
  });
  await thrown;
  for (const expected of [/^console: logged/, /^exception: Error: thrown/, /^404: .*absent/]) {
    assert.ok(complaints.some((complaint) => expected.test(complaint)), `${expected} in ${complaints}`);
  }
});

test("All links of the page are relative", async () => {
  const html = await readFile(join(DIST, "index.html"), "utf8");
  const links = [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, link]) => link);
  assert.ok(links.length > 0);
  assert.deepEqual(
    links.filter((link) => !link.startsWith("./") && !link.startsWith("#")),
    [],
  );
});

test("The host of these tests serves nothing outside its folder", async () => {
  const site = await serveSite();
  try {
    assert.equal((await fetch(`${site.url}..%2fCargo.toml`)).status, 404);
    assert.equal((await fetch(new URL("/index.html", site.url))).status, 404);
    assert.equal((await fetch(site.url)).status, 200);
  } finally {
    await site.close();
  }
});

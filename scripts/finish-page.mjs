// Finishes a release build of the page: optimises the wasm, minifies the scripts, makes one minified style
// sheet of all, lets the page work offline, and writes a strict Content-Security-Policy into it.
//
//   node scripts/finish-page.mjs FOLDER      the folder that trunk built into
//
// A tool that is missing (wasm-opt, esbuild) only skips its step, with a notice.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const folder = process.argv[2];
const page = join(folder, "index.html");
const offline = fileURLToPath(new URL("../web/offline/", import.meta.url));
const noticed = new Set();

for (const file of filesEndingWith(".wasm")) optimise(file);
for (const file of filesEndingWith(".js")) minify(file, ["--format=esm"]);
let html = readFileSync(page, "utf8");
html = joinStyleSheets(html);
html = addOfflineScript(html);
html = writePolicy(html);
html = html.replace(/<!--[^]*?-->\s*/g, "");
writeFileSync(page, html);
writeOfflineWorker();

/** Runs wasm-opt for size, with the features that rustc's output may use and no others. */
function optimise(file) {
  const features = [
    "bulk-memory",
    "bulk-memory-opt",
    "multivalue",
    "mutable-globals",
    "nontrapping-float-to-int",
    "reference-types",
    "sign-ext",
  ];
  const smaller = `${file}.opt`;
  // Functions that have one caller are left alone: put into it they make the file smaller, and the download larger.
  const options = ["-Oz", "--one-caller-inline-max-function-size=0"];
  const done = run("wasm-opt", [...options, ...features.map((name) => `--enable-${name}`), file, "-o", smaller]);
  if (done) renameSync(smaller, file);
}

function minify(file, options) {
  run("esbuild", [file, "--minify", "--log-level=error", ...options, `--outfile=${file}`, "--allow-overwrite"]);
}

/** Replaces all style sheets of the page by one, in their order. */
function joinStyleSheets(html) {
  const links = [...html.matchAll(/<link[^>]*\brel="?stylesheet"?[^>]*>\s*/g)];
  if (links.length === 0) return html;
  const sheets = links.map(([link]) => {
    const name = link.match(/\bhref="?(?:\.\/)?([^"\s>]+)/)[1];
    return { name, css: readFileSync(join(folder, name), "utf8") };
  });
  const css = sheets.map((sheet) => sheet.css).join("\n");
  const name = `style-${fingerprint(css)}.css`;
  for (const sheet of sheets) rmSync(join(folder, sheet.name), { force: true });
  writeFileSync(join(folder, name), css);
  minify(join(folder, name), []);

  const first = links[0].index;
  const rest = links.reduceRight(
    (text, link) => text.slice(0, link.index) + text.slice(link.index + link[0].length),
    html,
  );
  return `${rest.slice(0, first)}<link rel="stylesheet" href="./${name}">\n    ${rest.slice(first)}`;
}

function addOfflineScript(html) {
  const script = readFileSync(join(offline, "register.js"), "utf8");
  const name = `offline-${fingerprint(script)}.js`;
  writeFileSync(join(folder, name), script);
  minify(join(folder, name), []);
  return html.replace("</head>", `<script type="module" src="./${name}"></script></head>`);
}

/** Writes sw.js, which keeps all that the folder holds by now. */
function writeOfflineWorker() {
  const files = filesEndingWith("").filter((file) => statSync(file).isFile()).sort();
  const contents = files.map((file) => readFileSync(file));
  // A host answers the page at its folder; index.html is not asked for by that name.
  const names = files.map((file) => `./${relative(folder, file).replaceAll("\\", "/")}`);
  const list = names.map((name) => (name === "./index.html" ? "./" : name));
  const worker = readFileSync(join(offline, "sw.js"), "utf8")
    .replace("const FILES = []", `const FILES = ${JSON.stringify(list)}`)
    .replace('const FINGERPRINT = ""', `const FINGERPRINT = "${fingerprint(...contents)}"`);
  writeFileSync(join(folder, "sw.js"), worker);
  minify(join(folder, "sw.js"), []);
}

/** Writes the policy behind the charset; inline scripts (trunk's loader) are allowed by their hash. */
function writePolicy(html) {
  if (html.includes("__TRUNK_ADDRESS__")) {
    notice("no Content-Security-Policy, as trunk's reloading script changes while it serves");
    return html;
  }
  const hashes = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^]*?)<\/script>/g)].map(
    ([, script]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(" ")}`,
    "style-src 'self'",
    // A picture of the stage is drawn from the page's own bytes.
    "img-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const place = /<!-- scripts\/finish-page\.mjs [^]*?-->/;
  if (!place.test(html)) throw new Error("index.html has lost the comment that marks the policy's place");
  return html.replace(place, () => `<meta http-equiv="Content-Security-Policy" content="${policy}">`);
}

function fingerprint(...contents) {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(content);
  return hash.digest("hex").slice(0, 16);
}

function filesEndingWith(ending) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

/** Runs a tool; false, with a notice, if there is none. */
function run(tool, args) {
  const { status, error } = spawnSync(tool, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error?.code === "ENOENT") {
    notice(`no ${tool} found, so its step is left out and the page is larger`);
    return false;
  }
  if (error) throw error;
  if (status !== 0) throw new Error(`${tool} failed with status ${status}`);
  return true;
}

function notice(text) {
  if (!noticed.has(text)) console.log(`finish-page: ${text}`);
  noticed.add(text);
}

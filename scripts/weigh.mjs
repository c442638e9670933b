// Prints what a visitor downloads, file by file, and fails if it is more than the page may weigh.
//
// The goal is GOAL_BYTES. Until the page is under it, CEILING_BYTES is a ratchet: a little over what the page
// weighs now, and lowered with each saving, so that the page can only get lighter.
//
//   node scripts/weigh.mjs FOLDER

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const GOAL_BYTES = 220_000;
const CEILING_BYTES = 250_000;

const folder = process.argv[2];
const files = readdirSync(folder, { recursive: true })
  .filter((name) => statSync(join(folder, name)).isFile())
  .map((name) => {
    const bytes = readFileSync(join(folder, name));
    return { name, raw: bytes.length, brotli: brotli(bytes).length };
  })
  .sort((a, b) => b.brotli - a.brotli);
const sum = (of) => files.reduce((total, file) => total + file[of], 0);
const all = { name: "in all", raw: sum("raw"), brotli: sum("brotli") };

const width = Math.max(...files.map((file) => file.name.length), all.name.length);
console.log(`${"file".padEnd(width)}  ${"raw".padStart(9)}  ${"brotli".padStart(9)}`);
for (const { name, raw, brotli } of [...files, all]) {
  console.log(`${name.padEnd(width)}  ${String(raw).padStart(9)}  ${String(brotli).padStart(9)}`);
}
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
console.log(`${kilobytes(all.brotli)} compressed; the goal is ${kilobytes(GOAL_BYTES)}.`);
if (all.brotli > CEILING_BYTES) {
  console.error(`That is more than the ${kilobytes(CEILING_BYTES)} the page may weigh now: make it lighter.`);
  process.exit(1);
}

function brotli(bytes) {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

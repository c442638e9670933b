// Prints what a visitor downloads, file by file, and fails if it is more than the page may weigh.
//
//   node scripts/weigh.mjs FOLDER [--any-weight]      with --any-weight it only prints

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const LIMIT_BYTES = 300_000;

const [folder, option] = process.argv.slice(2);
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
console.log(`${kilobytes(all.brotli)} compressed, of at most ${kilobytes(LIMIT_BYTES)}.`);
if (all.brotli > LIMIT_BYTES && option !== "--any-weight") {
  console.error("That is more than the page may weigh: make it lighter.");
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

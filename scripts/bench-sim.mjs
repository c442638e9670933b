// Measures the simulator as wasm beside the native one: events a second of the same run, in turn.
//
//   scripts/bench-sim.mjs NATIVE WASM      the two that scripts/bench-sim.sh has built

import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";

const [native, wasm] = process.argv.slice(2);
const SECONDS = 600;
const ROUNDS = 7;

const { instance } = await WebAssembly.instantiate(await readFile(wasm), {});
const asWasm = () => {
  const start = performance.now();
  const events = instance.exports.simulate_seconds(SECONDS);
  return events / ((performance.now() - start) / 1000);
};
const natively = () => Number(execFileSync(native, ["rate", String(SECONDS)], { encoding: "utf8" }));
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

// The engine compiles while it runs: the first time does not count.
asWasm();
const rounds = Array.from({ length: ROUNDS }, () => ({ native: natively(), wasm: asWasm() }));
const rates = { native: median(rounds.map(({ native }) => native)), wasm: median(rounds.map(({ wasm }) => wasm)) };
const millions = (rate) => `${(rate / 1e6).toFixed(2)} million events a second`;
console.log(`natively: ${millions(rates.native)}`);
console.log(`as wasm:  ${millions(rates.wasm)}, ${(rates.wasm / rates.native).toFixed(2)} of it`);

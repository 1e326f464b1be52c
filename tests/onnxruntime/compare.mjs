// Runs a model and what became of it on the same random inputs and compares what comes out.
//
//   node compare.mjs INSTALLED BEFORE TOLERANCE AFTER [TOLERANCE AFTER]...
//   node compare.mjs INSTALLED --list FILE    such words line by line; only what differs is told
//
// INSTALLED: the folder where onnxruntime-node is installed. TOLERANCE: the largest difference allowed, over the largest
// magnitude of the output; "exact": bit for bit. Writes one line an output; exit status 1: they differ.
import { readFileSync } from "node:fs";
import path from "node:path";
import { difference, runtime } from "./session.mjs";

const [installed, model, ...pairs] = process.argv.slice(2);
const { ort, open } = runtime(installed);
const kSamples = 2;

// An xorshift generator: the same numbers, about evenly in [-1, 1), in every run.
function randomNumbers(seed) {
  const mask = (1n << 64n) - 1n;
  let state = (BigInt(seed + 1) * 0x9e3779b97f4a7c15n) & mask;
  return () => {
    state ^= (state << 13n) & mask;
    state ^= state >> 7n;
    state ^= (state << 17n) & mask;
    return Number(state >> 40n) / 2 ** 23 - 1;
  };
}

// One row an element type: its array, and a random element of it.
const kTypes = {
  float16: [Uint16Array, (next) => (next() < 0 ? 0x8000 : 0) + 0x2800 + Math.floor((next() + 1) * 0x0a00)],  // 1/32 to 1
  float32: [Float32Array, (next) => next()],
  float64: [Float64Array, (next) => next()],
  int64: [BigInt64Array, (next) => BigInt(Math.floor(2 * next() + 2))],
  int32: [Int32Array, (next) => Math.floor(2 * next() + 2)],
  uint8: [Uint8Array, (next) => Math.floor(2 * next() + 2)],
  int8: [Int8Array, (next) => Math.floor(2 * next() + 2)],
  bool: [Uint8Array, (next) => (next() < 0 ? 0 : 1)],
};

function inputOf({ name, type, shape }, next) {
  const row = kTypes[type];
  if (!row) throw new Error(`input '${name}': no values of type ${type} are made here`);
  const dims = shape.map((dim) => (typeof dim === "number" && dim > 0 ? dim : 1));
  const data = new row[0](dims.reduce((product, dim) => product * dim, 1));
  for (let i = 0; i < data.length; ++i) data[i] = row[1](next);
  return new ort.Tensor(type, data, dims);
}

const feedsOf = (session, sample) => {
  const next = randomNumbers(sample);
  return Object.fromEntries(session.inputMetadata.map((input) => [input.name, inputOf(input, next)]));
};

// The outputs of a model for every sample.
async function run(file) {
  const session = await open(file);
  const outputs = [];
  for (let sample = 0; sample < kSamples; ++sample) outputs.push(await session.run(feedsOf(session, sample)));
  const names = session.outputNames;
  await session.release();
  return { names, outputs };
}

// Whether all of `pairs`, tolerances and files, agree with what the model gave before.
async function agree(before, pairs, tell) {
  let all = true;
  for (let i = 0; i < pairs.length; i += 2) {
    const after = await run(pairs[i + 1]);
    tell(` ${path.basename(pairs[i + 1])}, ${pairs[i]}`);
    if (before.names.join() !== after.names.join()) throw new Error("the outputs have other names");
    const bound = pairs[i] === "exact" ? 0 : Number(pairs[i]);
    for (const name of before.names) {
      const value = Math.max(...before.outputs.map((outputs, sample) => difference(outputs[name], after.outputs[sample][name])));
      tell(`  output '${name}': difference ${value === 0 ? "none" : value.toExponential(2)}`);
      all &&= value <= bound;
    }
  }
  return all;
}

// Models that ONNX Runtime does not take as they were are counted; a model that it takes must be taken afterwards, too.
async function agreeLineByLine(file) {
  const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => line.split(" "));
  let judged = 0, wrong = 0;
  const refused = {};
  for (const [first, ...rest] of lines) {
    let before;
    try {
      before = await run(first);
    } catch (error) {
      refused[first.split(".")[0]] = error.message.split("\n")[0];
      continue;
    }
    ++judged;
    const told = [];
    const right = await agree(before, rest, (text) => told.push(text)).catch((error) => (told.push(error.message), false));
    if (right) continue;
    ++wrong;
    console.log([first, ...told].join("\n"));
  }
  console.log(`${judged} judged, ${wrong} of them wrong, ${lines.length - judged} not taken by ONNX Runtime`);
  for (const [op, why] of Object.entries(refused)) console.log(`  ${op}: ${why}`);
  return wrong === 0 && 2 * judged > lines.length;
}

const right = model === "--list" ? await agreeLineByLine(pairs[0]) : await agree(await run(model), pairs, console.log);
process.exit(right ? 0 : 1);

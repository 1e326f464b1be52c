// Measures the executor beside ONNX Runtime with all of its graph optimizations: run by run, both warm, on the same number
// of threads, in one process each.
//
//   node executor.mjs INSTALLED BENCH_EXECUTOR [--threads N] [--pairs N] [--batch N] [--check] MODEL...
//
// INSTALLED: the folder where onnxruntime-node is installed. For each model and batch: the median over pairs of ONNX
// Runtime's time by ours (above 1: we are faster), and both times. --check: instead, the largest difference of an output
// from ONNX Runtime without optimizations, over its largest value; exit status 1 where it is above 1e-4 (--tolerance T).
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

const words = process.argv.slice(2);
const option = (name, otherwise) => {
  const at = words.indexOf(name);
  return at < 0 ? otherwise : words.splice(at, 2)[1];
};
const flag = (name) => words.includes(name) && words.splice(words.indexOf(name), 1).length === 1;
const threads = Number(option("--threads", 1)), pairs = Number(option("--pairs", 15));
const batches = option("--batch", "1,8").split(",").map(Number), tolerance = Number(option("--tolerance", 1e-4));
const check = flag("--check");
const [installed, program, ...models] = words;
const ort = createRequire(path.resolve(installed, "package.json"))("onnxruntime-node");
const folder = mkdtempSync(path.join(os.tmpdir(), "executor"));

function randomFloats(count) {
  let state = 88172645463325252n;
  const values = new Float32Array(count);
  for (let i = 0; i < count; ++i) {
    state ^= (state << 13n) & 0xffffffffffffffffn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xffffffffffffffffn;
    values[i] = Number(state >> 40n) / 2 ** 23 - 1;
  }
  return values;
}

const open = (model, level) =>
  ort.InferenceSession.create(model, { graphOptimizationLevel: level, intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 });

// The number that the bits of a float16 are.
function halfValue(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

// Float inputs; the first dimension is the batch where the model leaves it open.
function feedsOf(session, batch) {
  const feeds = {}, args = [];
  session.inputMetadata.forEach(({ name, type, shape }, i) => {
    if (type !== "float32" && type !== "float16") throw new Error(`input '${name}' is ${type}`);
    const dims = shape.map((dim, axis) => (typeof dim === "number" && dim > 0 ? dim : axis === 0 ? batch : 1));
    const data = randomFloats(dims.reduce((a, b) => a * b, 1));
    const halves = type === "float16" && Uint16Array.from(data, (value) => (value < 0 ? 0x8000 : 0) + 0x2800 + Math.floor((value + 1) * 0x0a00));
    if (halves) data.forEach((_, at) => (data[at] = halfValue(halves[at])));
    feeds[name] = new ort.Tensor(type, halves || data, dims);
    writeFileSync(path.join(folder, `${i}.bin`), Buffer.from(data.buffer));
    args.push(name, dims.join("x"), path.join(folder, `${i}.bin`));
  });
  return { feeds, args };
}

class Ours {
  constructor(model, args) {
    this.child = spawn(program, [model, String(threads), ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  async ask(line) {
    this.child.stdin.write(line + "\n");
    const { value, done } = await this.lines.next();
    if (done) throw new Error("bench_executor ended");
    return value;
  }
  close() { this.child.stdin.end(); }
}

function difference(bytes, outputs) {
  let at = 0, worst = 0;
  const line = () => { const end = bytes.indexOf(10, at), text = bytes.toString("utf8", at, end); at = end + 1; return text; };
  while (at < bytes.length) {
    const name = line(), dims = JSON.parse(line()), right = outputs[name];
    const count = dims.reduce((a, b) => a * b, 1);
    if (right.dims.join() !== dims.join()) return Infinity;
    let largest = 0, magnitude = 0;
    for (let i = 0; i < count; ++i, at += 4) {
      const a = bytes.readFloatLE(at), b = right.data instanceof Uint16Array && right.type === "float16" ? halfValue(right.data[i]) : Number(right.data[i]);
      if (!Number.isFinite(a) || !Number.isFinite(b)) { if (!Object.is(a, b)) return Infinity; continue; }
      largest = Math.max(largest, Math.abs(a - b));
      magnitude = Math.max(magnitude, Math.abs(b));
    }
    worst = Math.max(worst, largest === 0 ? 0 : largest / magnitude);
  }
  return worst;
}

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const seconds = async (run) => { const begin = process.hrtime.bigint(); await run(); return Number(process.hrtime.bigint() - begin) / 1e9; };

// The threads of the other side go on looking for work for a while, ONNX Runtime's for over 20 ms.
const pause = () => new Promise((resolve) => setTimeout(resolve, threads > 1 ? 300 : 20));

async function measure(model, batch) {
  const session = await open(model, check ? "disabled" : "all");
  const free = session.inputMetadata.every(({ shape }) => !(typeof shape[0] === "number" && shape[0] > 0));
  if (batch > 1 && !free) return true;
  const { feeds, args } = feedsOf(session, batch);
  const ours = new Ours(model, args);
  const name = `${path.basename(model, ".onnx")} batch ${batch}`;
  let right = true;
  if (check) {
    const expected = await session.run(feeds);
    for (let i = 0; i < 3; ++i) {  // built, planned, planned again
      await ours.ask(`outputs ${folder}/out.bin`);
      const value = difference(readFileSync(`${folder}/out.bin`), expected);
      right &&= value <= tolerance;
      if (i === 2 || value > tolerance) console.log(`${name}: ${value.toExponential(2)}`);
    }
  } else {
    for (let i = 0; i < 3; ++i) { await session.run(feeds); await ours.ask("run 1"); }
    const once = Number(await ours.ask("run 1"));
    const count = Math.max(1, Math.ceil(0.03 / once));
    const ratios = [], theirs = [], own = [];
    for (let i = 0; i < pairs; ++i) {
      await pause();
      const a = (await seconds(async () => { for (let k = 0; k < count; ++k) await session.run(feeds); })) / count;
      await pause();
      const b = Number(await ours.ask(`run ${count}`)) / count;
      ratios.push(a / b); theirs.push(a); own.push(b);
    }
    const ratio = median(ratios);
    const [before, opened, now, weights, live, tensors] = (await ours.ask("memory")).split(" ").map((kib) => Number(kib) / 1024);
    const allowed = `1.3 * weights ${weights.toFixed(1)} + live ${live.toFixed(1)} = ${(1.3 * weights + live).toFixed(1)}`;
    const parts = `of it tensors ${tensors.toFixed(1)}, the library ${(opened - before).toFixed(1)}`;
    const memory = `memory ${(now - before).toFixed(1)} MiB, ${parts}; ${allowed}`;
    console.log(`${name.padEnd(40)} ${ratio.toFixed(2)}   ours ${(median(own) * 1e3).toFixed(2)} ms, ONNX Runtime ${(median(theirs) * 1e3).toFixed(2)} ms; ${memory}`);
    if (ratio < 0.8) console.log(`   ${(await ours.ask(`profile ${count}`)).split(" ").filter(Boolean).sort((a, b) => b.split("=")[1] - a.split("=")[1]).slice(0, 8).join("  ")}  (ms)`);
  }
  ours.close();
  await session.release();
  return right;
}

let all = true;
for (const model of models) for (const batch of batches) all = (await measure(model, batch)) && all;
rmSync(folder, { recursive: true });
process.exit(all ? 0 : 1);

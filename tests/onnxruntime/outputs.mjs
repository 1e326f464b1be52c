// Lets ONNX Runtime judge what the engine says of the element types and shapes of outputs.
//
//   node outputs.mjs INSTALLED FOLDER
//
// FOLDER: what make_operators wrote. Where a type or dimension is known it must be that of the value which ONNX Runtime
// computes. Exit status 1: one is not, or an operator was judged in no form that ONNX Runtime should know.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [installed, folder] = process.argv.slice(2);
const ort = createRequire(path.resolve(installed, "package.json"))("onnxruntime-node");

// Operators that ONNX Runtime does not have for the processor, or not with operands that JavaScript can make.
const kNotRun = new Set(["DeformConv", "TensorScatter"]);

const kArrays = {
  float32: Float32Array, float64: Float64Array, float16: Uint16Array, bool: Uint8Array, int8: Int8Array, uint8: Uint8Array,
  int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array,
};

function inputOf({ type, dims, bytes }) {
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (type === "string") return new ort.Tensor("string", Array.from({ length: count }, (_, i) => `a,${i}`), dims);
  const raw = Uint8Array.from(bytes.match(/../g) ?? [], (byte) => parseInt(byte, 16));
  return new ort.Tensor(type, new kArrays[type](raw.buffer), dims);
}

// What comes out, by name; nothing, and why, where it does not run.
async function run(entry) {
  try {
    const options = { graphOptimizationLevel: "disabled", intraOpNumThreads: 1, logSeverityLevel: 4 };
    const session = await ort.InferenceSession.create(path.join(folder, entry.file), options);
    const values = await session.run(Object.fromEntries(entry.inputs.map((input) => [input.name, inputOf(input)])));
    await session.release();
    return { values };
  } catch (error) {
    return { why: String(error.message ?? error).split("\n")[0] };
  }
}

// Whether what is said is right as far as it goes; with `anyFront` of the last axes alone.
function fits({ dims, anyFront }, right) {
  if (dims === null) return true;
  const said = anyFront ? dims.slice(1) : dims, last = anyFront ? right.slice(right.length - said.length) : right;
  return said.length === last.length && said.every((dim, i) => dim < 0 || dim === last[i]);
}

let wrong = 0, judged = 0, refused = 0;
const ran = new Set(), reasons = new Map();
for (const entry of JSON.parse(fs.readFileSync(path.join(folder, "outputs.json"), "utf8"))) {
  const { values, why } = await run(entry);
  if (why) {
    ++refused;
    reasons.set(entry.op, `${entry.text}: ${why}`);
    continue;
  }
  ran.add(entry.op);
  for (const said of entry.outputs) {
    const { type, dims } = values[said.name];
    ++judged;
    if ((said.type === "undefined" || said.type === type) && fits(said, dims)) continue;
    ++wrong;
    console.log(`wrong: ${entry.text}: ${said.name} is ${type} [${dims}], not ${said.type} [${said.dims}]`);
  }
}
for (const [op, reason] of reasons) {
  if (ran.has(op) || kNotRun.has(op)) continue;
  ++wrong;
  console.log(`not judged: ${reason}`);
}
console.log(`${judged} outputs of ${ran.size} operators judged, ${wrong} wrong; ${refused} files refused by ONNX Runtime`);
process.exit(wrong ? 1 : 0);

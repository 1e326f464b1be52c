// Runs the conformance models of ONNX and what became of them on the way to model.json and back, on the inputs that come
// with them, and compares what comes out, bit by bit.
//
//   node testdata.mjs INSTALLED FOLDER
//
// FOLDER: what convert_testdata wrote. A model that ONNX Runtime takes must be taken afterwards, too. Not judged: models
// that it does not take, inputs that are no tensors, outputs that differ from run to run. Exit status 1: something differs,
// or fewer than half are judged.
import fs from "node:fs";
import path from "node:path";
import { difference, runtime } from "./session.mjs";

const [installed, folder] = process.argv.slice(2);
const { ort, open } = runtime(installed);

// --- TensorProto

// The fields of a protobuf message: [number, value], a number or bytes.
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0n, shift = 0n;
    for (;;) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    if ((tag & 7) === 0) yield [tag >> 3, varint()];
    else {
      const size = [0, 8, Number, 0, 0, 4][tag & 7], length = size === Number ? Number(varint()) : size;
      yield [tag >> 3, bytes.subarray(at, (at += length))];
    }
  }
}

// By TensorProto.DataType: name, array, and the field of elements that are not raw.
const kTypes = {
  1: ["float32", Float32Array], 2: ["uint8", Uint8Array], 3: ["int8", Int8Array], 4: ["uint16", Uint16Array],
  5: ["int16", Int16Array], 6: ["int32", Int32Array], 7: ["int64", BigInt64Array], 8: ["string", Array], 9: ["bool", Uint8Array],
  10: ["float16", Uint16Array], 11: ["float64", Float64Array], 12: ["uint32", Uint32Array], 13: ["uint64", BigUint64Array],
};

const packed = (bytes) => Array.from((function* () {  // varints
  for (let at = 0; at < bytes.length; ) {
    let value = 0n, shift = 0n;
    do {
      value |= BigInt(bytes[at] & 127) << shift;
      shift += 7n;
    } while (bytes[at++] > 127);
    yield BigInt.asIntN(64, value);
  }
})());

function tensorOf(file) {
  const dims = [], strings = [], integers = [];
  let type, raw;
  for (const [number, value] of fields(fs.readFileSync(file))) {
    if (number === 1) dims.push(...(typeof value === "bigint" ? [value] : packed(value)).map(Number));
    if (number === 2) type = Number(value);
    if (number === 4 || number === 9 || number === 10) raw = value;
    if (number === 5 || number === 7 || number === 11) integers.push(...(typeof value === "bigint" ? [value] : packed(value)));
    if (number === 6) strings.push(value.toString());
  }
  if (!kTypes[type]) throw new Error(`no tensor, or of type ${type}`);
  const [name, Elements] = kTypes[type];
  if (name === "string") return new ort.Tensor(name, strings, dims);
  const big = Elements === BigInt64Array || Elements === BigUint64Array;
  const data = raw ? new Elements(Uint8Array.from(raw).buffer) : Elements.from(integers.map((each) => (big ? each : Number(each))));
  return new ort.Tensor(name, data, dims);
}

// --- models

function feedsOf(session, data) {
  return Object.fromEntries(fs.readdirSync(data).filter((name) => name.startsWith("input_")).map((name) => {
    const index = Number(name.match(/\d+/)[0]);
    return [session.inputNames[index], tensorOf(path.join(data, name))];
  }));
}

async function runOn(session, data) {
  return session.run(feedsOf(session, data));
}

const same = (before, after) => Object.keys(before).every((name) => after[name] && difference(before[name], after[name]) === 0);

// What is wrong, or why it is not judged.
async function judge(model, converted) {
  const data = path.join(path.dirname(model), "test_data_set_0");
  let session, before;
  try {
    session = await open(model);
  } catch (error) {
    return { skipped: "not taken by ONNX Runtime" };
  }
  const other = await open(converted).catch((error) => error);
  if (other instanceof Error) return { wrong: `not taken any more: ${other.message.split("\n")[0]}` };
  if (session.inputNames.join() !== other.inputNames.join() || session.outputNames.join() !== other.outputNames.join())
    return { wrong: "inputs or outputs have other names" };
  try {
    before = await runOn(session, data);
  } catch (error) {
    return { skipped: "loaded, but not run" };
  }
  const after = await runOn(other, data).catch((error) => error);
  if (after instanceof Error) return { wrong: `does not run any more: ${after.message.split("\n")[0]}` };
  if (same(before, after)) return {};
  return same(before, await runOn(session, data)) ? { wrong: "outputs differ" } : { skipped: "differs from run to run" };
}

const lines = fs.readFileSync(path.join(folder, "list"), "utf8").trim().split("\n");
const skipped = {};
let judged = 0, wrong = 0;
for (const line of lines) {
  const [model, name] = line.split(" ");
  const result = await judge(model, path.join(folder, name));
  if (result.skipped) skipped[result.skipped] = (skipped[result.skipped] ?? 0) + 1;
  else ++judged;
  if (!result.wrong) continue;
  ++wrong;
  console.log(`${name}: ${result.wrong}`);
}
console.log(`${judged} judged, ${wrong} of them wrong`);
for (const [why, count] of Object.entries(skipped)) console.log(`  ${count} ${why}`);
process.exit(wrong === 0 && 2 * judged > lines.length ? 0 : 1);

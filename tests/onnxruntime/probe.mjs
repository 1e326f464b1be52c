// Runs a probe in ONNX Runtime, and compares what was made of its outputs with what was measured.
//
//   node probe.mjs run INSTALLED PROBE.onnx OUT    writes OUT/x.npy, some samples of its only input, and OUT/0.npz, 1.npz...:
//                                                  its outputs "TENSOR@min" and "TENSOR@max", sample by sample
//   node probe.mjs compare A.json B.json           exit status 1: a range of A is not that of B, within 1e-5 of the tensor's
import fs from "node:fs";
import path from "node:path";
import { runtime } from "./session.mjs";

const kSamples = 3, kTolerance = 1e-5;

// As numpy saves it.
function npy(dims, floats) {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(", ");
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  const text = head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11) + "\n";
  const magic = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, text.length & 255, text.length >> 8]);
  return Buffer.concat([magic, Buffer.from(text), Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength)]);
}

const kTable = Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; ++bit) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte >>> 0;
});
const crc32 = (bytes) => ~bytes.reduce((crc, byte) => kTable[(crc ^ byte) & 255] ^ (crc >>> 8), -1) >>> 0;

const numbers = (...pairs) => Buffer.concat(pairs.map(([size, value]) => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}));

// A ZIP file without compression.
function zip(members) {
  const parts = [], directory = [];
  let offset = 0;
  for (const [name, content] of members) {
    const text = Buffer.from(name), size = [4, content.length];
    const about = [[2, 0x800], [2, 0], [4, 0], [4, crc32(content)], size, size, [2, text.length]];
    const part = Buffer.concat([numbers([4, 0x04034b50], [2, 20], ...about, [2, 0]), text, content]);
    directory.push(numbers([4, 0x02014b50], [2, 20], [2, 20], ...about, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), text);
    parts.push(part);
    offset += part.length;
  }
  const list = Buffer.concat(directory);
  const count = [2, members.length];
  return Buffer.concat([...parts, list, numbers([4, 0x06054b50], [2, 0], [2, 0], count, count, [4, list.length], [4, offset], [2, 0])]);
}

async function run(installed, probe, out) {
  const { ort, open } = runtime(installed);
  const session = await open(probe);
  const [{ name, shape }] = session.inputMetadata;
  const dims = shape.map((dim) => (typeof dim === "number" && dim > 0 ? dim : 1));
  const count = dims.reduce((a, b) => a * b, 1), all = new Float32Array(kSamples * count);
  for (let i = 0; i < all.length; ++i) all[i] = Math.sin(i * 12.9898 + Math.floor(i / count)) * (1 + i % 3) / 2;
  for (let i = 0; i < kSamples; ++i) {
    const outputs = await session.run({ [name]: new ort.Tensor("float32", all.slice(i * count, (i + 1) * count), dims) });
    const told = session.outputNames.filter((each) => /@m(in|ax)$/.test(each));
    const members = told.map((each) => [`${each}.npy`, npy(outputs[each].dims, outputs[each].data)]);
    if (members.length === 0) throw new Error("the probe has no outputs that tell ranges");
    fs.writeFileSync(path.join(out, `${i}.npz`), zip(members));
  }
  fs.writeFileSync(path.join(out, "x.npy"), npy([kSamples * dims[0], ...dims.slice(1)], all));
}

function compare(a, b) {
  const [collected, measured] = [a, b].map((file) => JSON.parse(fs.readFileSync(file, "utf8")).tensors);
  let worst = 0, ranges = 0;
  for (const [tensor, { axis, min, max }] of Object.entries(collected)) {
    const right = measured[tensor];
    if (axis !== right.axis || min.length !== right.min.length) throw new Error(`${tensor}: another axis or number of channels`);
    const range = Math.max(...right.max) - Math.min(...right.min);
    for (const key of ["min", "max"])
      ({ min, max })[key].forEach((value, i) => {
        ++ranges;
        if (value !== right[key][i]) worst = Math.max(worst, Math.abs(value - right[key][i]) / range);
      });
  }
  const tensors = Object.keys(collected).length;
  console.log(`${tensors} tensors, ${ranges} ends of ranges: ${worst.toExponential(2)} of the tensor's range at most`);
  return ranges > 0 && worst <= kTolerance;
}

const [what, ...words] = process.argv.slice(2);
if (what === "run") await run(...words);
else process.exit(compare(...words) ? 0 : 1);

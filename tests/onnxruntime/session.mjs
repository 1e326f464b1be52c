// What scripts that let ONNX Runtime judge share.
import { createRequire } from "node:module";
import path from "node:path";

// The number that the bits of a float16 are.
function halfValue(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

// The operators that the file has, as they are, on one thread: nothing is folded or reordered differently in the two.
export function runtime(installed) {
  const ort = createRequire(path.resolve(installed, "package.json"))("onnxruntime-node");
  const options = { graphOptimizationLevel: "disabled", intraOpNumThreads: 1, logSeverityLevel: 4 };
  return { ort, open: (file) => ort.InferenceSession.create(file, options) };
}

const bytesOf = (tensor) => Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);

// 0 only where all bits agree.
export function difference(before, after) {
  if (before.type !== after.type || before.dims.join() !== after.dims.join()) return Infinity;
  if (before.type === "string") return before.data.every((text, i) => text === after.data[i]) ? 0 : Infinity;
  if (bytesOf(before).equals(bytesOf(after))) return 0;
  const valueOf = before.type === "float16" && before.data instanceof Uint16Array ? halfValue : Number;
  let largest = Number.MIN_VALUE, magnitude = 0;
  for (let i = 0; i < before.data.length; ++i) {
    const a = valueOf(before.data[i]), b = valueOf(after.data[i]);
    if (Number.isFinite(a)) magnitude = Math.max(magnitude, Math.abs(a));
    if (Object.is(a, b)) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    largest = Math.max(largest, Math.abs(a - b));
  }
  return largest / magnitude;
}

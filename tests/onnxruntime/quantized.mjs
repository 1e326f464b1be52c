// Lets ONNX Runtime judge what the engine says of the noise of rounding.
//
//   node quantized.mjs INSTALLED FOLDER
//
// FOLDER: what make_quantized wrote. Signal to noise of each output of the networks with QuantizeLinear and
// DequantizeLinear, against the network in float, must be what the engine said. Exit status 1: it is not.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [installed, folder] = process.argv.slice(2);
const ort = createRequire(path.resolve(installed, "package.json"))("onnxruntime-node");
// In dB. Sums in another order may put single values on the other side of a half.
const kMargin = 0.1;

const told = JSON.parse(fs.readFileSync(path.join(folder, "quantized.json"), "utf8"));

// By output, the values for all samples in a row.
async function run(file) {
  const options = { graphOptimizationLevel: "disabled", intraOpNumThreads: 1, logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(path.join(folder, file), options);
  const values = session.outputNames.map(() => []);
  for (const sample of told.samples) {
    const outputs = await session.run({ x: new ort.Tensor("float32", Float32Array.from(sample), told.dims) });
    session.outputNames.forEach((name, i) => values[i].push(...outputs[name].data));
  }
  await session.release();
  return values;
}

const decibels = (exact, coarse) => {
  let signal = 0, noise = 0;
  exact.forEach((value, i) => {
    signal += value ** 2;
    noise += (value - coarse[i]) ** 2;
  });
  return 10 * Math.log10(signal / noise);
};

const exact = await run(told.float);
let wrong = 0, judged = 0;
for (const entry of told.quantized) {
  const coarse = await run(entry.file);
  for (let i = 0; i < exact.length; ++i) {
    const right = decibels(exact[i], coarse[i]), said = entry.decibels[i];
    const fits = Math.abs(right - said) <= kMargin;
    ++judged;
    wrong += fits ? 0 : 1;
    console.log(`${entry.file}, output ${i}: ${right.toFixed(3)} dB, said ${said.toFixed(3)} dB${fits ? "" : ": wrong"}`);
  }
}
process.exit(wrong || judged < 4 ? 1 : 0);

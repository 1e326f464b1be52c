// Opens pages that the engine writes in a browser and looks at them as a reader does; what they show is compared with
// what --json says:  pages.mjs PROGRAM INSTALLED DATA BROWSER FOLDER TEST...
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [program, installed, data, browserPath, folder, ...names] = process.argv.slice(2);
const require = createRequire(join(installed, "package.json"));
const { default: puppeteer } = await import(require.resolve("puppeteer-core"));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const engine = (words, status = 0) => {
  try {
    execFileSync(program, words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    assert.equal(0, status, words.join(" "));
  } catch (error) {
    if (error.status === undefined) throw error;
    assert.equal(error.status, status, `${words.join(" ")}: ${error.stderr}`);
  }
};
const json = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));

const digits = join(data, "digits_mbv2_imb.onnx"), statistics = join(data, "digits_mbv2_imb.stats.json");
const images = [join(data, "digits"), "--mean", "0.305", "--std", "0.319"];
const makers = {
  run: () =>
    engine([digits, "clip", "cross_layer", "--stats", statistics, "--verify", ...images, "--score", "-o", "out.onnx",
      "--html", "run.html", "--json", "run.json", "-q"]),
  predicted: () =>
    engine([digits, "clip", "equalization", "--stats", statistics, "--dry-run", "--html", "predicted.html", "--json",
      "predicted.json", "-q"]),
  explain: () =>
    engine(["explain", join(data, "digits_res.json"), "equalization", "--html", "explain.html", "--json", "explain.json",
      "-q"]),
  score: () => {
    engine([digits, "clip", "cross_layer", "-o", "balanced.onnx", "-q"]);
    engine(["score", "balanced.onnx", "--before", digits, "--data", ...images, "--html", "score.html"]);
  },
  compare: () => {
    engine([digits, "clip", "cross_layer", "-o", "balanced.onnx", "-q"]);
    engine(["compare", digits, "balanced.onnx", ...images, "--layers", "--html", "compare.html"]);
  },
};

const browser = await puppeteer.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
});

// A page that must not say a word on the console, nor ask for anything but itself.
const open = async (name, { scripts = true, width = 1280, scheme = "light", hash = "" } = {}) => {
  const page = await browser.newPage();
  page.setDefaultTimeout(300_000);  // a machine may have other work; what hangs is ended by ctest
  const words = [];
  page.on("console", (message) => words.push(message.text()));
  page.on("pageerror", (error) => words.push(error.message));
  page.on("dialog", (dialog) => (words.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== `file://${join(folder, name)}`) words.push(`request: ${request.url()}`);
  });
  await page.setJavaScriptEnabled(scripts);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`file://${join(folder, name)}${hash}`);
  page.quiet = () => assert.deepEqual(words, []);
  return page;
};
const close = async (page) => {
  page.quiet();
  await page.close();
};

// Exact figures of a table, row by row: what cells have as data-v, else their text.
const cells = (page, id) =>
  page.$$eval(`#${id} tbody tr`, (rows) => rows.filter((row) => !row.hidden).map((row) =>
    [...row.cells].map((cell) => cell.dataset.v ?? cell.textContent)));
const value = (text) => (text === "" ? null : text === "inf" || text === "-inf" ? text : Number(text));
// Decibels are rounded to three digits in both; null where one has nothing.
const same = (shown, told) => assert.deepEqual(value(shown), told === "inf" || told === "-inf" ? told : told);

const shows_report = async (page, report) => {
  const table = await cells(page, "region-table");
  assert.equal(table.length, report.regions.length);
  report.regions.forEach((region, i) => {
    const [, rule, parents, inside, children, channels, smallest, largest, bounded, before, after, why] = table[i];
    assert.equal(rule, region.rule ?? "\u2013");
    assert.equal(Number(parents), region.parents.length);
    assert.equal(Number(inside), region.inside.length);
    assert.equal(Number(children), region.children.length);
    assert.equal(Number(channels), region.channels);
    same(smallest, region.smallest);
    same(largest, region.largest);
    same(bounded, region.bounded);
    same(before, region.before);
    same(after, region.after);
    if (region.reason) assert.equal(why.slice(0, 20), region.reason.slice(0, 20));
  });
  const layers = await cells(page, "layer-table");
  assert.equal(layers.length, report.layers.list.length);
  report.layers.list.forEach((layer, i) => {
    assert.equal(layers[i][0], layer.operator ?? layer.tensor);
    same(layers[i][3], layer.before);
    same(layers[i][4], layer.after);
  });
  const rules = await cells(page, "rule-table");
  const fired = report.rules.filter((rule) => rule.regions + rule.edits > 0);
  assert.equal(rules.length, fired.length);
  const heads = await page.$$eval("#rule-table thead th", (all) => all.map((each) => each.textContent));
  const keys = { Regions: "regions", Parents: "parents", Children: "children", Channels: "channels", Edits: "edits",
    "Smallest scale": "smallest", "Largest scale": "largest", "Operators out": "operators_removed", "Operators in": "operators_added" };
  fired.forEach((rule, i) => {
    assert.equal(rules[i][0], rule.rule);
    heads.forEach((head, k) => head in keys && assert.equal(Number(rules[i][k]), rule[keys[head]], head));
  });
  // What is plotted, to the three digits that a page holds, and the channels that are named.
  const near = (text, list) => {
    const shown = text.split(" ").map(Number);
    assert.equal(shown.length, list.length);
    shown.forEach((each, i) => assert.ok(Math.abs(each - list[i]) <= 0.006 * Math.abs(list[i]), `${each} ${list[i]}`));
  };
  for (const [i, region] of report.regions.entries()) {
    const plots = await page.$$eval(`#r${i} figure.plot`, (all) =>
      all.map((plot) => ({ name: plot.querySelector("b").textContent, kind: plot.querySelector("span").textContent, ...plot.dataset })));
    for (const weight of region.weights.slice(0, 4)) {
      const plot = plots.find((each) => each.name === weight.operator && each.kind.includes(weight.side));
      if (!plot) continue;
      near(plot.hi, weight.before);
      near(plot.hi2, weight.after);
    }
    for (const tensor of region.tensors.filter((each) => each.before)) {
      const plot = plots.find((each) => each.name === tensor.tensor);
      if (!plot) continue;
      near(plot.lo, tensor.before.min);
      near(plot.hi, tensor.before.max);
      near(plot.lo2, tensor.after.min);
      near(plot.hi2, tensor.after.max);
      if (tensor.scale) near(plot.s, tensor.scale);
    }
    const named = await page.$$eval(`#r${i} table tbody tr`, (rows) =>
      rows.map((row) => [...row.cells].map((cell) => cell.dataset.v ?? cell.textContent)));
    region.narrow.forEach((each, k) => {
      assert.deepEqual(named[k].slice(1).map(Number), [each.channel, each.before, each.after, each.scale]);
    });
  }
};

const big = (page, name) =>
  page.$$eval(".figures > div", (all, wanted) => {
    const one = all.find((each) => each.querySelector("dt").textContent.startsWith(wanted));
    return one && one.querySelector(".big").dataset.v;
  }, name);

const tests = {
  async run() {
    makers.run();
    const report = json("run.json");
    const page = await open("run.html");
    await shows_report(page, report);
    assert.equal(Number(await big(page, "Signal to noise")), report.score.networks[1].mean);
    assert.equal(Number(await big(page, "Best class as")), report.score.networks[1].classes.as_in_float);
    assert.equal(Number(await big(page, "Largest difference")), report.verify.relative);
    assert.equal(Number(await big(page, "Predicted noise")), report.predicted.per_tensor);
    const outputs = await cells(page, "output-table");
    assert.equal(Number(outputs[0][1]), report.score.networks[0].outputs[0].mean);
    assert.equal(Number(outputs[0][2]), report.score.networks[1].outputs[0].mean);

    // Sorts: by numbers, both ways.
    const head = (n) => `#region-table thead th:nth-child(${n}) button`;
    const column = async (n) => (await cells(page, "region-table")).map((row) => value(row[n - 1]));
    await page.click(head(6));
    const down = await column(6);
    assert.deepEqual(down, [...down].sort((a, b) => b - a));
    assert.equal(await page.$eval("#region-table thead th:nth-child(6)", (th) => th.ariaSort), "descending");
    await page.click(head(6));
    const up = await column(6);
    assert.deepEqual(up, [...up].sort((a, b) => a - b));

    // Filters, and copies what is left as CSV.
    const all = (await cells(page, "region-table")).length;
    await page.type("#region-table-filter", "output of the network");
    const left = report.regions.filter((region) => region.reason?.includes("output of the network")).length;
    assert.ok(left > 0 && left < all);
    assert.equal((await cells(page, "region-table")).length, left);
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => (window.copied = text) } }));
    await page.$$eval(".tools button", (buttons) => buttons.find((each) => each.closest(".tools").querySelector("#region-table-filter")).click());
    const lines = (await page.evaluate(() => window.copied)).trimEnd().split("\r\n");
    assert.equal(lines.length, left + 1);
    assert.ok(lines[0].startsWith("Region,Rule,Parents,"));

    // Follows a link from a bar to its region, by the keyboard too.
    const link = await page.$("#layer-table tbody a");
    const target = await link.evaluate((a) => a.getAttribute("href"));
    assert.equal(await page.$eval(target, (each) => each.closest("details").open), false);
    await link.focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction((id) => document.querySelector(id).closest("details").open, {}, target);
    const layer = report.layers.list.find((each) => each.region !== null);
    assert.equal(target, `#r${layer.region}`);
    assert.ok(await page.$eval(target, (each) => {
      const box = each.closest("details").getBoundingClientRect();
      return box.top >= 0 && box.top < innerHeight;
    }));

    // Finds an operator by its name.
    const wanted = report.regions[3].parents[0];
    await page.type("#find-box", wanted);
    const shown = await page.$$eval("details.region", (all) => all.filter((each) => !each.hidden).length);
    const expected = report.regions.filter((region) => JSON.stringify(region).includes(wanted)).length;
    assert.ok(shown >= 1 && shown <= expected, `${shown} of ${expected}`);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => [...document.querySelectorAll("details.region.here")].some((each) => each.open));

    // Sorts channels by their range, and back.
    const plots = await page.$(`#r3 .tools button`);
    const before = await page.$eval("#r3 figure.plot .is", (path) => path.getAttribute("d"));
    await page.evaluate(() => document.querySelectorAll("details.region").forEach((each) => { each.hidden = false; each.open = true; }));
    await plots.evaluate((button) => button.click());
    // The upper edge of what was: steps to the right.
    const sorted = await page.$eval("#r3 figure.plot .was", (path) => [...path.getAttribute("d").matchAll(/[MV](?:0 )?(\d+)h1/g)].map((each) => Number(each[1])));
    assert.ok(sorted.length > 10);
    assert.deepEqual(sorted, [...sorted].sort((a, b) => a - b));
    await plots.evaluate((button) => button.click());
    const again = await page.$eval("#r3 figure.plot .is", (path) => path.getAttribute("d"));
    const points = (d) => {
      const list = [];
      let y = 0;
      for (const [, command, number] of d.matchAll(/([MVh])(?:0 )?(\d+)/g))
        if (command === "h") for (let k = 0; k < Number(number); ++k) list.push(y);
        else y = Number(number);
      return list;
    };
    points(before).forEach((y, i) => assert.ok(Math.abs(y - points(again)[i]) <= 1));
    await close(page);

    makers.predicted();
    const other = await open("predicted.html");
    assert.equal(json("predicted.json").layers.decibels, "predicted");
    await shows_report(other, json("predicted.json"));
    await close(other);

    // A page that is opened at a region.
    const at = await open("run.html", { hash: "#r2" });
    assert.ok(await at.$eval("#r2", (each) => each.closest("details").open));
    await close(at);
  },

  async explain() {
    makers.explain();
    const told = json("explain.json");
    const page = await open("explain.html");
    assert.equal(Number(await big(page, "Regions that")), told.matched);
    const remedies = await cells(page, "remedy-table");
    assert.equal(remedies.length, told.remedies.length);
    told.remedies.forEach((remedy, i) => {
      assert.deepEqual([remedies[i][0], remedies[i][2], remedies[i][3]].map(Number), [i + 1, remedy.regions, remedy.channels]);
      assert.equal(remedies[i][1], remedy.changes.join(", and "));
    });
    const table = await cells(page, "region-table");
    assert.equal(table.length, told.regions.length);
    // Leaks are drawn in red, with their way.
    const leaky = told.regions.filter((region) => region.leaks.length > 0).length;
    const drawn = await page.$$eval("details.region", (all) => all.filter((each) => each.querySelector(".node.leak") && each.querySelector(".edge.leak")).length);
    assert.equal(drawn, leaky);
    await close(page);
  },

  async score() {
    makers.score();
    const told = JSON.parse(execFileSync(program, ["score", "balanced.onnx", "--before", digits, "--data", ...images, "--json"], { cwd: folder }));
    const page = await open("score.html");
    assert.equal(Number(await big(page, "Signal to noise")), told.networks[1].mean);
    const layers = await cells(page, "layer-table");
    const after = new Map(told.networks[1].layers.map((each) => [each.operator, each.decibels]));
    const before = new Map(told.networks[0].layers.map((each) => [each.tensor, each.decibels]));
    told.networks[1].layers.forEach((each, i) => {
      assert.equal(layers[i][0], each.operator);
      assert.ok(Math.abs(value(layers[i][4]) - each.decibels) <= 0.0005);
      if (before.has(each.tensor)) assert.ok(Math.abs(value(layers[i][3]) - before.get(each.tensor)) <= 0.0005);
    });
    assert.ok(after.size > 10);
    await close(page);
  },

  async compare() {
    makers.compare();
    const told = JSON.parse(execFileSync(program, ["compare", digits, "balanced.onnx", ...images, "--layers", "--json"], { cwd: folder }));
    const page = await open("compare.html");
    assert.equal(Number(await big(page, "Largest difference")), told.relative);
    const table = await cells(page, "scale-table");
    assert.equal(table.length, told.layers.length);
    told.layers.forEach((each, i) => {
      assert.equal(Number(table[i][2]), each.scale[0]);
      assert.equal(Number(table[i][3]), each.scale[1]);
      assert.equal(Number(table[i][5]), each.largest);
    });
    await close(page);
  },

  // Names that are tags, scripts, ends of elements and marks of direction stay text.
  async hostile() {
    const names = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title></style></script><h1>x</h1>",
      "\u202Egnp.exe\u202C", "&lt;b&gt; ' onmouseover='alert(1)", "=HYPERLINK(\"http://x\")", "javascript:alert(1)", "{{7*7}}${7*7}"];
    const tensors = {}, nodes = [], calibration = {};
    let last = "x";
    names.forEach((name, i) => {
      tensors[`w${i}${name}`] = { dtype: "float32", shape: [4, 4, 1, 1], data: Array.from({ length: 16 }, (_, k) => (k % 5 + 1) * 4 ** (k % 4)) };
      nodes.push({ name, op: "Conv", inputs: [last, `w${i}${name}`], outputs: [`t${name}`] });
      nodes.push({ name: `r${name}`, op: i === 4 ? "<b>Swirl</b>" : "Relu", inputs: [`t${name}`], outputs: [`u${name}`] });
      calibration[`u${name}`] = { min: [0, 0, 0, 0], max: [1, 2, 30, 4] };
      last = `u${name}`;
    });
    writeFileSync(join(folder, "hostile.json"), JSON.stringify({ format: "rewrite-engine/model", version: 1,
      inputs: [{ name: "x", shape: [1, 4, 2, 2] }], outputs: [last], tensors, nodes, calibration }));
    engine(["hostile.json", "cross_layer", "equalization", "--dry-run", "--html", "hostile.html", "--json", "h.json", "-q"]);
    engine(["explain", "hostile.json", "equalization", "--html", "explained.html", "-q"]);
    for (const file of ["hostile.html", "explained.html"]) {
      const text = readFileSync(join(folder, file), "utf8");
      assert.ok(!/[\u200E\u200F\u202A-\u202E\u2066-\u2069]/.test(text), "marks of direction");
      assert.equal(text.split("<script").length, 2);
      const page = await open(file);
      assert.deepEqual(await page.evaluate(() => [document.images.length, document.scripts.length, document.querySelectorAll("h1, b > b").length]), [0, 1, 1]);
      const body = await page.evaluate(() => document.body.textContent);
      for (const name of [names[0], names[1], names[2], "\\u202egnp.exe\\u202c", names[4], names[7]]) assert.ok(body.includes(name), name);
      assert.equal(await page.$$eval("a", (links) => links.filter((each) => !each.getAttribute("href").startsWith("#")).length), 0);
      await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
      await close(page);
    }
    // What a spreadsheet would take for a formula is text in CSV.
    const page = await open("hostile.html");
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => (window.copied = text) } }));
    await page.$$eval(".tools button", (buttons) => buttons.find((each) => each.closest(".tools").querySelector("#region-table-filter")).click());
    for (const line of (await page.evaluate(() => window.copied)).split("\r\n")) assert.ok(!/^"?[=+@-]/.test(line), line);
    await close(page);
  },

  // Many regions with long names: the page says what it leaves out, and opens.
  async large() {
    const tensors = {}, nodes = [], calibration = {};
    let last = "x";
    const count = 6000, long = "n".repeat(800);
    for (let i = 0; i < count; ++i) {
      const name = `${i}${long}`;
      tensors[`w${i}`] = { dtype: "float32", shape: [2, 2, 1, 1], data: [1, 40, 3, 4] };
      nodes.push({ name, op: "Conv", inputs: [last, `w${i}`], outputs: [`t${name}`] });
      calibration[`t${name}`] = { min: [-1, -8], max: [1, 9] };
      last = `t${name}`;
    }
    writeFileSync(join(folder, "large.json"), JSON.stringify({ format: "rewrite-engine/model", version: 1,
      inputs: [{ name: "x", shape: [1, 2, 2, 2] }], outputs: [last], tensors, nodes, calibration }));
    engine(["large.json", "cross_layer", "--dry-run", "--html", "large.html", "-q"]);
    const size = statSync(join(folder, "large.html")).size;
    assert.ok(size < 20 * 2 ** 20, `${size} bytes`);
    const page = await open("large.html");
    const text = await page.evaluate(() => document.body.textContent);
    assert.match(text, /\d+ of 6,000 regions/);
    assert.match(text, /600 of 6,00\d layers/);
    assert.match(text, /6,000 operators are drawn in 1,200 pieces/);
    await close(page);
  },

  // Tables, plots and drawings are there without scripts; what only scripts could do is not offered.
  async without_scripts() {
    makers.run();
    const report = json("run.json");
    const page = await open("run.html", { scripts: false });
    assert.equal(await page.$$eval("#region-table tbody tr", (rows) => rows.length), report.regions.length);
    assert.equal(await page.$$eval("details.region svg.drawing", (all) => all.length), report.regions.length);
    assert.ok((await page.$$("figure.plot svg path.is")).length > 20);
    assert.ok((await page.$$("svg.bar rect.is")).length > 20);
    assert.equal((await page.$$("button, .tools")).length, 0);
    assert.equal(await page.$eval("#find", (form) => form.hidden), true);
    await page.focus("details.region summary");
    await page.keyboard.press("Enter");
    assert.equal(await page.$eval("details.region", (each) => each.open), true);
    await close(page);
  },

  async accessible() {
    for (const make of Object.keys(makers)) {
      makers[make]();
      for (const look of [{ scheme: "light" }, { scheme: "dark" }, { scheme: "light", width: 390 }]) {
        const page = await open(`${make}.html`, look);
        await page.$$eval("details.region", (all) => all.slice(0, 6).forEach((each) => (each.open = true)));
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map((each) => `${make} ${JSON.stringify(look)}: ${each.id}: ${each.nodes[0].html.slice(0, 200)}`), []);
        // Nothing but what scrolls by itself is wider than the page.
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${make} ${JSON.stringify(look)}: too wide`);
        await close(page);
      }
    }
  },

  async printed() {
    makers.run();
    const page = await open("run.html", { scheme: "dark" });
    await page.emulateMediaType("print");
    assert.equal(await page.$eval("#find", (each) => getComputedStyle(each).display), "none");
    assert.equal(await page.$eval("body", (each) => getComputedStyle(each).backgroundColor), "rgb(255, 255, 255)");
    assert.ok((await page.pdf({ format: "A4" })).length > 10000);
    await close(page);
  },
};

try {
  for (const name of names) await tests[name]();
} finally {
  await browser.close();
}

// What a page does beyond being read: sorting, filtering, copying, finding, opening regions, and figures of single
// channels. Everything else is there without it.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // --- tables

  const exact = (cell) => (cell ? cell.dataset.v ?? cell.textContent : "");
  const number = (text) => {
    if (text === "inf") return Infinity;
    if (text === "-inf") return -Infinity;
    return text === "" ? NaN : Number(text);
  };
  const by = (column, numeric, down) => (a, b) => {
    const x = exact(a.cells[column]), y = exact(b.cells[column]);
    if (!numeric) return (down ? -1 : 1) * x.localeCompare(y, "en", { numeric: true });
    const m = number(x), n = number(y);
    if (Number.isNaN(m) || Number.isNaN(n)) return Number.isNaN(m) - Number.isNaN(n);  // what is not known goes last
    return m === n ? 0 : (m < n) === down ? 1 : -1;
  };
  const sort = (table, column) => {
    const head = table.tHead.rows[0].cells[column];
    const numeric = head.classList.contains("n");
    const was = head.getAttribute("aria-sort");
    const down = was ? was === "ascending" : numeric;
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort(by(column, numeric, down)));
  };
  const sortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.classList.contains("drawn")) return;
      const button = make("button", { type: "button", title: head.title }, ...head.childNodes);
      button.addEventListener("click", () => sort(table, column));
      head.append(button);
    });
  };

  const csv = (table) => {
    const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    // Text that a spreadsheet would take for a formula gets an apostrophe.
    const tame = (cell) => {
      const text = exact(cell);
      return quoted(!cell.classList.contains("n") && /^[=+\-@\t]/.test(text) ? `'${text}` : text);
    };
    const line = (row) => [...row.cells].map(tame).join(",");
    const heads = [...table.tHead.rows[0].cells].map((cell) => quoted(cell.textContent)).join(",");
    return [heads, ...[...table.tBodies[0].rows].filter((row) => !row.hidden).map(line)].join("\r\n") + "\r\n";
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const box = make("textarea", { value: text });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  };

  const tools = (table) => {
    const name = table.caption.textContent;
    const box = make("input", { type: "search", id: `${table.id}-filter` });
    const told = make("output", { className: "faint" });
    const button = make("button", { type: "button" }, "Copy as CSV");
    const filter = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const text = (row.textContent + " " + all("[title]", row).map((each) => each.title).join(" ")).toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      told.textContent = words.length ? `${shown} of ${table.tBodies[0].rows.length} rows` : "";
    };
    box.addEventListener("input", filter);
    button.addEventListener("click", async () => {
      await copy(csv(table));
      told.textContent = "copied";
    });
    const label = make("label", { htmlFor: box.id }, "Filter");
    const bar = make("div", { className: "tools" }, label, box, button, told);
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", `Tools: ${name}`);
    table.closest(".scroll").before(bar);
  };
  for (const table of all("table[data-tools]")) {
    sortable(table);
    tools(table);
  }

  // --- regions

  const open = (hash) => {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    const region = target && target.closest("details.region");
    if (!region) return;
    for (const each of all("details.here")) each.classList.remove("here");
    region.open = true;
    region.classList.add("here");
    region.scrollIntoView();
    region.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", () => open(location.hash));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) open(location.hash);
    const piece = event.target.closest("[data-go]");
    if (piece) location.hash === piece.dataset.go ? open(location.hash) : (location.hash = piece.dataset.go);
  });
  open(location.hash);

  // --- finding

  const form = document.getElementById("find");
  const box = document.getElementById("find-box");
  const found = document.getElementById("found");
  const regions = all("details.region").map((region) => ({
    region,
    text: (region.textContent + " " + all("[title]", region).map((each) => each.title).join(" ")).toLowerCase(),
  }));
  const rows = all("table.layers tbody tr, table.regions tbody tr").map((row) => ({
    row,
    text: (row.textContent + " " + all("[title]", row).map((each) => each.title).join(" ")).toLowerCase(),
  }));
  const find = () => {
    const word = box.value.trim().toLowerCase();
    let count = 0;
    for (const { region, text } of regions) {
      region.hidden = word !== "" && !text.includes(word);
      count += !region.hidden;
    }
    for (const { row, text } of rows) {
      const link = row.querySelector("a[href^='#']");
      const target = link && document.getElementById(link.getAttribute("href").slice(1));
      const region = target && target.closest("details.region");
      row.hidden = word !== "" && !text.includes(word) && !(region && !region.hidden);
    }
    const shown = rows.filter(({ row }) => !row.hidden).length;
    found.textContent =
      word === "" ? "" : `${count} of ${regions.length} regions, ${shown} of ${rows.length} rows`;
  };
  if (regions.length + rows.length > 0) form.hidden = false;
  box.addEventListener("input", find);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = regions.find(({ region }) => !region.hidden);
    if (box.value.trim() !== "" && first) open(`#${first.region.querySelector("[id]").id}`);
  });

  // --- plots

  const figures = (text) => (text ? text.split(" ").map(Number) : null);
  const draw = (plot, order) => {
    const svg = plot.querySelector("svg");
    const data = plot.figures;
    const both = !!svg.querySelector(".zero");
    const bands = [[data.lo, data.hi], [data.lo2, data.hi2]].map(([lo, hi]) => {
      const most = Math.max(...hi.map(Math.abs), ...(lo || [0]).map(Math.abs)) || 1;
      const y = (value) => Math.round(both ? (1 - value / most) * 50 : (1 - Math.max(value / most, 0)) * 100);
      return [order.map((i) => y(lo ? lo[i] : 0)), order.map((i) => y(hi[i]))];
    });
    const steps = (ys) => ys.map((y, i) => (i ? `V${y}` : `M0 ${y}`) + "h1").join("");
    const area = ([low, high]) => steps(high) + [...low.keys()].reverse().map((i) => `V${low[i]}H${i}`).join("") + "z";
    svg.querySelector(".was").setAttribute("d", area(bands[0]));
    svg.querySelector(".is-fill").setAttribute("d", area(bands[1]));
    const lines = svg.querySelectorAll(".is");
    lines[0].setAttribute("d", steps(bands[1][1]));
    if (lines[1]) lines[1].setAttribute("d", steps(bands[1][0]));
    const marks = svg.querySelector(".bound");
    if (marks) {
      plot.bounds ??= [...marks.getAttribute("d").matchAll(/M(\d+) /g)].map((each) => Number(each[1]));
      marks.setAttribute("d", order.map((i, at) => (plot.bounds.includes(i) ? `M${at} 0h1v7h-1z` : "")).join(""));
    }
    plot.order = order;
  };
  const size = (data, i) => Math.max(Math.abs(data.hi[i]), data.lo ? Math.abs(data.lo[i]) : 0);
  const by_channel = (data) => data.hi.map((_, i) => i);
  const by_range = (data) => by_channel(data).sort((a, b) => size(data, b) - size(data, a));
  const range = (lo, hi, i) => (lo ? `${lo[i]} to ${hi[i]}` : `${hi[i]}`);
  for (const plot of all("figure.plot[data-hi]")) {
    const { lo, hi, lo2, hi2, s } = plot.dataset;
    plot.figures = { lo: figures(lo), hi: figures(hi), lo2: figures(lo2), hi2: figures(hi2), s: figures(s) };
    plot.order = by_channel(plot.figures);
    const svg = plot.querySelector("svg");
    const readout = plot.querySelector(".readout");
    const usual = readout.textContent;
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const at = Math.floor(((event.clientX - box.left) / box.width) * plot.order.length);
      const i = plot.order[Math.min(Math.max(at, 0), plot.order.length - 1)];
      const data = plot.figures;
      const scale = data.s ? `, scale ${data.s[i]}` : "";
      readout.textContent = `channel ${i}: ${range(data.lo, data.hi, i)} \u2192 ${range(data.lo2, data.hi2, i)}${scale}`;
    });
    svg.addEventListener("pointerleave", () => (readout.textContent = usual));
  }
  for (const plots of all(".plots")) {
    const mine = all("figure.plot[data-hi]", plots);
    if (mine.length === 0) continue;
    const button = make("button", { type: "button" }, "Sort channels by range");
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(pressed));
      for (const plot of mine) draw(plot, (pressed ? by_range : by_channel)(plot.figures));
    });
    plots.before(make("div", { className: "tools" }, button));
  }
  addEventListener("beforeprint", () => {
    for (const each of all("details.region")) each.style.contentVisibility = "visible";
  });
})();

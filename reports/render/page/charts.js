
// The three panels: one time axis, one cursor, one readout.
(function () {
  const root = document.getElementById("charts");
  const data = JSON.parse(document.getElementById("data").textContent);
  const readout = document.getElementById("readout");
  const xs = data.t.concat(data.end), last = data.t.length - 1;
  const left = 56, right = 16;
  let charts = [];

  const moment = v => v.toLocaleString("en", { maximumFractionDigits: 3 }) + " s";
  const ended = vs => vs.concat(null);

  // stacked returns each layer's top, and what it stands on.
  function stacked() {
    let base = xs.map(() => 0);
    return data.layers.map(l => {
      const on = base;
      base = on.map((v, i) => v + (l.hz[i] || 0));
      return { layer: l, on, top: base };
    });
  }

  function decades(low, high) {
    const ticks = [];
    for (let e = Math.round(Math.log10(low)); e <= Math.round(Math.log10(high)); e++) ticks.push(Math.pow(10, e));
    return ticks;
  }

  function timeRange() {
    let low = Infinity, high = -Infinity;
    for (const vs of [data.p50, data.p95, data.max]) {
      for (const v of vs) {
        if (v == null) continue;
        low = Math.min(low, Math.max(v, 1e-4));
        high = Math.max(high, Math.max(v, 1e-4));
      }
    }
    for (const l of data.levels) {
      low = Math.min(low, Math.max(l.at, 1e-4));
      high = Math.max(high, l.at);
    }
    if (low > high) return [.01, 1];
    const from = Math.floor(Math.log10(low / 1.3)), to = Math.ceil(Math.log10(high * 1.3)); // no line along an edge
    return [Math.pow(10, from), Math.pow(10, to)];
  }

  // specs says what each panel shows: data, series, scale, axis, rows of its readout.
  function specs(colour, fill) {
    const stack = stacked(), line = (stroke, width, dash) => ({ stroke, width, dash, paths: steps(), points: { show: false } });
    const layers = stack.map(s => ({ fill: () => fill[s.layer.fill], width: 0, paths: steps(s.on), points: { show: false } }));
    const positive = vs => ended(vs).map(v => v == null ? null : Math.max(v, 1e-4));
    const range = timeRange(), zero = (u, low, high) => [0, Math.max(high, 1e-9) * 1.06], m = data.model;
    const whole = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5], count = v => v == null ? "–" : String(Math.round(v * 10) / 10);
    const dots = data.readings.map(r => r.busy).concat(data.queueSeen ? data.readings.map(r => r.queue) : [0]);
    const all = {
      rate: {
        height: 220, data: stack.map(s => s.top).concat([ended(data.asked)], m ? [ended(m.ok)] : []), series: layers.concat(line(colour.ink, 1.5), m ? line(colour.okink, 1.8, [6, 4]) : []), y: { range: zero },
        rows: i => (data.asked[i] == null ? [] : [["asked", rate(data.asked[i])]]).concat(m && m.ok[i] != null ? [["ok, by the model", rate(m.ok[i])]] : [], data.layers.filter(l => l.hz[i] > 0).map(l => [l.name, rate(l.hz[i]), l.fill !== "ok" && l.fill !== "degraded"])),
      },
      time: {
        height: 126, data: [positive(data.max), positive(data.p95), positive(data.p50)],
        series: [line(colour.soft, 1.2, [2, 2]), line(colour.ink, 1), line(colour.ink, 2)], y: { distr: 3, range: () => range },
        splits: () => decades(range[0], range[1]), label: seconds,
        rows: i => [["p50", seconds(data.p50[i])], ["p95", seconds(data.p95[i])], ["max", seconds(data.max[i])]],
      },
      flight: {
        height: 100, incrs: whole, data: [ended(data.inFlight)].concat(m ? [ended(m.queued), ended(m.busy)] : []),
        series: [{ stroke: colour.ink, width: 2, fill: colour.line, paths: steps(xs.map(() => 0)), points: { show: false } }].concat(m ? [line(colour.soft, 1.5, [2, 2]), line(colour.okink, 1.8, [6, 4])] : []),
        y: { range: (u, low, high) => zero(u, low, Math.max(high, ...dots)) },
        rows: i => [["in flight", count(data.inFlight[i])]].concat(m ? [["busy, by the model", count(m.busy[i])], ["queued, by the model", count(m.queued[i])]] : [], seen(i)),
      },
    };
    data.uses.forEach((use, i) => all["use" + i] = {
      height: 60, incrs: whole, data: [ended(use.waiting), ended(use.open)],
      series: [{ width: 0, fill: colour.line, paths: steps(xs.map(() => 0)), points: { show: false } }, line(colour.ink, 1)], y: { range: zero },
      rows: i => [[use.name + " open", count(use.open[i])], ["waiting", count(use.waiting[i])]],
    });
    Object.values(all).at(-1).axis = true;
    return all;
  }

  // seen is what the status page said in a bucket.
  function seen(i) {
    const said = data.readings.filter(r => r.at >= xs[i] && r.at < xs[i + 1]);
    if (!said.length) return [];
    return [["busy, by status page", String(said.at(-1).busy)]].concat(data.queueSeen ? [["queued, by status page", String(said.at(-1).queue)]] : []);
  }

  function axes(spec, colour) {
    const text = { stroke: colour.soft, font: font(1), ticks: { show: false } };
    return [
      Object.assign({}, text, { size: spec.axis ? 24 : 0, gap: 6, grid: { show: false }, space: 64, values: (u, vs) => spec.axis ? vs.map(v => moment(v)) : vs.map(() => null) }),
      Object.assign({}, text, {
        size: left, gap: 6, space: spec.height < 80 ? 22 : 34, grid: { stroke: colour.line, width: 1 }, incrs: spec.incrs, splits: spec.splits, filter: spec.splits && ((u, vs) => vs),
        values: (u, vs) => vs.map(v => v == null ? null : spec.label ? spec.label(v) : v.toLocaleString("en")),
      }),
    ];
  }

  // row adds a line to the readout; text only, whatever the names are.
  function row(table, name, value, bad) {
    const tr = table.insertRow(), th = document.createElement("th");
    if (bad) tr.className = "ill";
    th.textContent = name;
    tr.append(th);
    tr.insertCell().textContent = value;
  }

  // bucket is the one under the cursor. uPlot's own index is that of the edge which
  // is nearer, and so the next bucket's over the right half of each.
  function bucket(u) {
    if (!(u.cursor.left >= 0)) return null;
    const x = u.posToVal(u.cursor.left, "x"), after = data.t.findIndex(t => t > x);
    return after < 0 ? last : Math.max(0, after - 1);
  }

  // show fills a panel's part of the readout with its own moment.
  function show(id, spec) {
    return u => {
      const i = bucket(u);
      if (i == null) {
        readout.hidden = true;
        return;
      }
      const table = readout.querySelector("[data-panel=" + id + "]");
      table.dataset.t = xs[i];
      table.textContent = "";
      for (const [name, value, bad] of spec.rows(i)) row(table, name, value, bad);
      const phase = data.phases.find(p => xs[i] >= p.from && xs[i] < p.to);
      readout.firstElementChild.textContent = moment(xs[i]) + (phase ? ", " + phase.name : "");
      readout.hidden = false;
      const at = left + u.cursor.left, beside = at + 18 + readout.offsetWidth > root.clientWidth;
      readout.style.left = Math.max(0, beside ? at - 18 - readout.offsetWidth : at + 18) + "px";
      const above = -root.getBoundingClientRect().top + 8; // of the charts, out of sight
      readout.style.top = Math.max(96, Math.min(above, root.clientHeight - readout.offsetHeight)) + "px";
    };
  }

  function build(id, spec, colour, rows) {
    const host = root.querySelector("#chart-" + id + " .live"), top = id === "rate" ? rows * 18 + 6 : 8;
    return new uPlot({
      width: root.clientWidth, height: spec.height + top + (spec.axis ? 24 : 4), padding: [top, right, spec.axis ? 0 : 4, 0],
      legend: { show: false }, series: [{}].concat(spec.series), axes: axes(spec, colour),
      scales: { x: { time: false, range: (u, a, b) => [a, b] }, y: spec.y },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: true }, sync: { key: "run", setSeries: false, scales: ["x", null] } },
      hooks: { drawClear: [bands(data, colour)], draw: [moments(data, colour, id === "rate"), overlaid(id, data, colour)], setCursor: [show(id, spec)] },
    }, [xs].concat(spec.data), host);
  }

  // draw makes the charts anew: at first, and when width or colours change.
  function draw() {
    for (const c of charts) c.destroy();
    root.classList.add("drawn");
    readout.hidden = true;
    const colour = palette(), all = specs(colour, fills(colour, devicePixelRatio || 1));
    const width = root.clientWidth - left - right, rows = 1 + data.lanes + placed(data, width);
    keyed(data, width);
    charts = Object.keys(all).map(id => build(id, all[id], colour, rows));
    root.dataset.charts = charts.length;
  }

  function step(by) {
    const now = bucket(charts[0]), i = Math.min(last, Math.max(0, (now == null ? -1 : now) + by));
    const x = charts[0].valToPos((xs[i] + xs[i + 1]) / 2, "x");
    for (const c of charts) c.setCursor({ left: x, top: 1 }, true, false);
  }

  try {
    draw();
  } catch (err) {
    root.classList.remove("drawn"); // the pictures stay
    throw err;
  }
  let width = root.clientWidth;
  new ResizeObserver(() => {
    if (root.clientWidth > 0 && root.clientWidth !== width) {
      width = root.clientWidth;
      draw();
    }
  }).observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const d of folded) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
  root.addEventListener("keydown", e => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!by) return;
    e.preventDefault();
    step(by);
  });
})();

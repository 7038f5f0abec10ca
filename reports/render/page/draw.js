"use strict";
// How a panel is drawn on uPlot's canvas: steps, bands, marks and what is written.

function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = {};
  for (const name of ["paper", "ink", "soft", "line", "ok", "okpale", "bad", "badpale", "badink", "okink", "band", "bar", "fault"]) {
    colour[name] = style.getPropertyValue("--" + name).trim();
  }
  return colour;
}

// fills returns the fill of each kind of layer: bad answers differ in pattern, not only in colour.
function fills(colour, ratio) {
  function pattern(back, front, paint) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = Math.round(6 * ratio);
    const ctx = tile.getContext("2d");
    ctx.scale(tile.width / 6, tile.width / 6);
    ctx.fillStyle = back;
    ctx.fillRect(0, 0, 6, 6);
    ctx.strokeStyle = ctx.fillStyle = front;
    ctx.lineWidth = 1.4;
    ctx.beginPath();
    paint(ctx);
    return ctx.createPattern(tile, "repeat");
  }
  const lines = (...points) => ctx => {
    for (const [x0, y0, x1, y1] of points) {
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
    }
    ctx.stroke();
  };
  return {
    ok: colour.ok,
    c502: colour.bad,
    degraded: pattern(colour.okpale, colour.ok, lines([-1, 5, 5, -1], [1, 7, 7, 1])),
    c504: pattern(colour.badpale, colour.bad, lines([-1, 1, 5, 7], [1, -1, 7, 5])),
    code: pattern(colour.badpale, colour.bad, ctx => { ctx.arc(3, 3, 1.4, 0, 7); ctx.fill(); }),
    none: pattern(colour.badpale, colour.bad, lines([0, 3, 6, 3], [3, 0, 3, 6])),
  };
}

// steps makes a path of one step a bucket, with a gap at null; base is what a fill stands on.
function steps(base) {
  return (u, s, from, to) => {
    const x = u.data[0], y = u.data[s], stroke = new Path2D(), fill = base && new Path2D();
    const px = v => Math.round(u.valToPos(v, "x", true)), py = v => u.valToPos(v, u.series[s].scale, true);
    let open = false;
    for (let i = Math.max(0, from - 1); i < Math.min(to + 1, x.length - 1); i++) {
      if (y[i] == null) {
        open = false;
        continue;
      }
      const x0 = px(x[i]), x1 = px(x[i + 1]), y0 = py(y[i]);
      if (open) stroke.lineTo(x0, y0); else stroke.moveTo(x0, y0);
      stroke.lineTo(x1, y0);
      open = true;
      if (fill && y[i] > base[i]) fill.rect(x0, y0, x1 - x0, py(base[i]) - y0);
    }
    return { stroke, fill, clip: null, band: null, gaps: null, flags: 0 };
  };
}

// clipped calls paint with the context cut to the plot's width.
function clipped(u, paint) {
  const ctx = u.ctx;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, 0, u.bbox.width + 1, ctx.canvas.height);
  ctx.clip();
  paint(ctx, v => u.valToPos(v, "x", true), devicePixelRatio || 1);
  ctx.restore();
}

function bands(data, colour) {
  return u => clipped(u, (ctx, px) => {
    ctx.fillStyle = colour.band;
    for (const f of data.faults) ctx.fillRect(px(f.from), u.bbox.top, px(f.to) - px(f.from), u.bbox.height);
  });
}

function vertical(ctx, x, from, to, colour, width, dash) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + .5, from);
  ctx.lineTo(Math.round(x) + .5, to);
  ctx.stroke();
}

// fitted shortens text to a width on the canvas; "" when hardly a letter fits.
function fitted(ctx, text, room) {
  if (ctx.measureText(text).width <= room) return text;
  let n = text.length;
  while (n > 2 && ctx.measureText(text.slice(0, n) + "…").width > room) n--;
  return n > 2 ? text.slice(0, n) + "…" : "";
}

const font = (ratio, weight) => (weight ? weight + " " : "") + 12 * ratio + "px " + getComputedStyle(document.body).fontFamily;

// moments draws phase edges and marks through a panel; with rows, their names above it.
function moments(data, colour, rows) {
  return u => clipped(u, (ctx, px, ratio) => {
    const bottom = u.bbox.top + u.bbox.height, row = 18 * ratio;
    for (const p of data.phases) vertical(ctx, px(p.from), rows ? 0 : u.bbox.top, bottom, colour.soft, ratio, [ratio, 3 * ratio]);
    for (const m of data.marks) {
      const top = rows ? (1 + data.lanes + Math.max(m.row, 0)) * row : u.bbox.top;
      ctx.globalAlpha = m.minor ? .6 : 1;
      vertical(ctx, px(m.at), top, bottom, m.bad ? colour.badink : colour.okink, (m.minor ? .8 : 1.2) * ratio, m.bad ? [] : [5 * ratio, 3 * ratio]);
    }
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    if (rows) names(ctx, data, colour, px, ratio, u.bbox.left);
  });
}

// overlaid draws what is no series: timeouts as lines, readings of the status page as dots.
function overlaid(id, data, colour) {
  return u => clipped(u, (ctx, px, ratio) => {
    if (id === "time") levels(ctx, u, data.levels, colour, ratio);
    if (id !== "flight") return;
    const kinds = [["busy", colour.okink]].concat(data.queueSeen ? [["queue", colour.soft]] : []);
    for (const [key, paint] of kinds) {
      ctx.fillStyle = paint;
      for (const r of data.readings) {
        ctx.beginPath();
        ctx.arc(px(r.at), u.valToPos(r[key], "y", true), 2.6 * ratio, 0, 7);
        ctx.fill();
      }
    }
  });
}

function levels(ctx, u, all, colour, ratio) {
  Object.assign(ctx, { font: font(ratio), textAlign: "right", textBaseline: "alphabetic" });
  for (const l of all) {
    const y = Math.round(u.valToPos(l.at, "y", true)) + .5, right = u.bbox.left + u.bbox.width;
    Object.assign(ctx, { strokeStyle: colour.fault, lineWidth: 1.2 * ratio });
    ctx.setLineDash([8 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(u.bbox.left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
    ctx.setLineDash([]);
    Object.assign(ctx, { strokeStyle: colour.paper, lineWidth: 4 * ratio, lineJoin: "round", fillStyle: colour.fault });
    ctx.strokeText(l.label, right - 4 * ratio, y - 4 * ratio);
    ctx.fillText(l.label, right - 4 * ratio, y - 4 * ratio);
  }
}

// names writes the phases, the faults as bars, and the marks, each in its row.
function names(ctx, data, colour, px, ratio, left) {
  const row = 18 * ratio, gap = 4 * ratio, base = 13 * ratio;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.font = font(ratio);
  for (const p of data.phases) {
    const from = Math.max(px(p.from), left);
    ctx.fillStyle = colour.ink;
    lettered(ctx, p, data.keyed.phases, from, px(p.room), gap, base, data.end);
  }
  for (const f of data.faults) {
    const from = Math.max(px(f.from), left), y = (1 + f.lane) * row;
    ctx.fillStyle = colour.bar;
    ctx.fillRect(from, y, Math.max(px(f.to) - from - ratio, 2 * ratio), row - 2 * ratio);
    ctx.fillStyle = colour.ink;
    lettered(ctx, f, data.keyed.faults, from, px(f.room), gap, y + base - ratio, data.end);
  }
  Object.assign(ctx, { strokeStyle: colour.paper, lineWidth: gap, lineJoin: "round" });
  for (const m of data.marks) {
    if (m.row < 0) continue;
    ctx.font = font(ratio, m.minor ? 400 : 600);
    ctx.fillStyle = m.bad ? colour.badink : colour.okink;
    ctx.textAlign = m.end ? "right" : "left";
    const at = [px(m.at) + (m.end ? -gap : gap), (1 + data.lanes + m.row) * row + base];
    ctx.strokeText(m.label, ...at); // so that the line of another mark does not cross it
    ctx.fillText(m.label, ...at);
  }
}

// lettered writes a band's name between from and until, its key where only that fits.
function lettered(ctx, band, keyed, from, until, gap, y, end) {
  const whole = keyed ? band.key + " " + band.name : band.name, room = until - from;
  const wide = text => ctx.measureText(text).width;
  if (wide(whole) + 2 * gap <= room) ctx.fillText(whole, from + gap, y);
  else if (!keyed) ctx.fillText(fitted(ctx, whole, room - 2 * gap), from + gap, y);
  else if (wide(band.key) <= room) ctx.fillText(band.key, from + Math.min(gap, (room - wide(band.key)) / 2), y);
  else if (band.room >= end) ctx.fillText(band.key, until - wide(band.key) - 1, y); // at the edge it leans back
}

// keyed decides whether phases and faults have room for their names in a plot of
// this width; where one has not, all show keys, and the names are listed below.
function keyed(data, width) {
  const ctx = document.createElement("canvas").getContext("2d"), list = document.getElementById("keys");
  ctx.font = font(1);
  data.keyed = {};
  list.textContent = "";
  for (const [of, all] of [["phases", data.phases], ["faults", data.faults]]) {
    const room = b => (b.room - b.from) / (data.end - data.t[0]) * width - 8;
    data.keyed[of] = all.some(b => ctx.measureText(b.name).width > room(b));
    if (!data.keyed[of]) continue;
    const p = list.appendChild(document.createElement("p"));
    p.append(Object.assign(document.createElement("span"), { textContent: of[0].toUpperCase() + of.slice(1) }));
    for (const b of all) {
      const span = p.appendChild(document.createElement("span"));
      span.append(Object.assign(document.createElement("b"), { textContent: b.key }), " " + b.name);
    }
  }
}

// placed gives each mark's label the first row in which it covers no other,
// those that a fault brought before the minor ones, and returns the number of
// rows. Beyond 6 a mark stays without its label, in row -1.
function placed(data, width) {
  const ctx = document.createElement("canvas").getContext("2d"), rows = [];
  ctx.font = font(1, 600);
  for (const m of data.marks.filter(m => !m.minor).concat(data.marks.filter(m => m.minor))) {
    const x = (m.at - data.t[0]) / (data.end - data.t[0]) * width, wide = ctx.measureText(m.label).width + 14;
    m.end = x + wide > width;
    const from = m.end ? x - wide : x, to = from + wide;
    m.row = rows.findIndex(row => row.every(o => o.to <= from || to <= o.from));
    if (m.row < 0 && rows.length < 6) m.row = rows.push([]) - 1;
    if (m.row >= 0) rows[m.row].push({ from, to });
  }
  return rows.length;
}

// fixed, digits, seconds and rate write what those of reports/words do: Digits, Span and PerS.
function fixed(v, n) {
  return (v * (1 + Number.EPSILON)).toFixed(n); // a half is rounded up
}

function digits(v, n) {
  return Number(fixed(v, n)).toLocaleString("en", { maximumFractionDigits: n });
}

function seconds(v) {
  if (v == null) return "–";
  if (v === 0) return "0 s";
  if (v < .00005) return "<0.1 ms";
  if (v < .00995) return digits(v * 1000, 1) + " ms";
  if (v < .9995) return digits(v * 1000, 0) + " ms";
  return digits(v, v < 99.95 ? 1 : 0) + " s";
}

function rate(v) {
  if (v === 0) return "0/s";
  if (v < .005) return "<0.01/s";
  if (v < .995) return fixed(v, 2) + "/s";
  return (v < 99.95 ? fixed(v, 1) : digits(v, 0)) + "/s";
}

"use strict";
// How a panel is drawn on uPlot's canvas: steps, bands, marks and what is written.

function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = {};
  for (const name of ["paper", "ink", "soft", "line", "ok", "okpale", "bad", "badpale", "badink", "okink", "band", "bar"]) {
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
      const top = rows ? (1 + data.lanes + m.row) * row : u.bbox.top;
      vertical(ctx, px(m.at), top, bottom, m.bad ? colour.badink : colour.okink, 1.2 * ratio, m.bad ? [] : [5 * ratio, 3 * ratio]);
    }
    ctx.setLineDash([]);
    if (rows) names(ctx, data, colour, px, ratio, u.bbox.left);
  });
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
    ctx.fillText(fitted(ctx, p.name, px(p.to) - from - 2 * gap), from + gap, base);
  }
  for (const f of data.faults) {
    const from = Math.max(px(f.from), left), y = (1 + f.lane) * row;
    ctx.fillStyle = colour.bar;
    ctx.fillRect(from, y, Math.max(px(f.to) - from - ratio, 2 * ratio), row - 2 * ratio);
    ctx.fillStyle = colour.ink;
    ctx.fillText(fitted(ctx, f.name, px(f.to) - from - 2 * gap), from + gap, y + base - ratio);
  }
  ctx.font = font(ratio, 600);
  for (const m of data.marks) {
    ctx.fillStyle = m.bad ? colour.badink : colour.okink;
    ctx.textAlign = m.end ? "right" : "left";
    ctx.fillText(m.label, px(m.at) + (m.end ? -gap : gap), (1 + data.lanes + m.row) * row + base);
  }
}

// placed gives each mark a row so that no label covers another, and returns the number of rows.
function placed(data, width) {
  const ctx = document.createElement("canvas").getContext("2d"), ends = [];
  ctx.font = font(1, 600);
  for (const m of data.marks) {
    const x = (m.at - data.t[0]) / (data.end - data.t[0]) * width, wide = ctx.measureText(m.label).width + 14;
    m.end = x + wide > width;
    const from = m.end ? x - wide : x;
    m.row = ends.findIndex(end => end <= from);
    if (m.row < 0) m.row = ends.push(0) - 1;
    ends[m.row] = from + wide;
  }
  return ends.length;
}

function seconds(v) {
  if (v == null) return "–";
  const ms = v * 1000;
  if (ms === 0) return "0 ms";
  if (ms < .05) return "<0.1 ms";
  if (ms < 9.95) return ms.toFixed(1) + " ms";
  if (ms < 999.5) return ms.toFixed(0) + " ms";
  return (v < 99.95 ? v.toFixed(1) : Math.round(v).toLocaleString("en")) + " s";
}

function rate(v) {
  return (v > 0 && v < .995 ? v.toFixed(2) : v < 99.95 ? v.toFixed(1) : Math.round(v).toLocaleString("en")) + "/s";
}

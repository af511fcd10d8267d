/* What each method changes on the low-frequency classes: a row a method, from its name to its verdict. */
// The values that are drawn: all of them, unless one method's would press the others together; that one is cut off.
function forestSpan(rows, margin) {
  const known = rows.filter((row) => row.difference !== null),
    low = (row) => row.low ?? row.difference,
    high = (row) => row.high ?? row.difference,
    reaches = known.map((row) => Math.max(Math.abs(low(row)), Math.abs(high(row)))).sort((a, b) => a - b),
    limit = reaches.length ? Math.min(reaches[reaches.length - 1], 2.5 * reaches[(reaches.length - 1) >> 1]) : 1,
    most = Math.max(limit, margin) || 1,
    start = Math.max(-most, Math.min(-1.4 * margin, 0, ...known.map(low))),
    end = Math.min(most, Math.max(1.4 * margin, 0, ...known.map(high))),
    pad = 0.06 * (end - start || 1);
  return { start: start - pad, end: end + pad };
}
const placeIn = (span, value) => (100 * (value - span.start)) / (span.end - span.start);
// Round numbers within a span, six at most.
function roundTicks({ start, end }) {
  const step = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((s) => (end - start) / s <= 6) ?? 1,
    first = Math.ceil(start / step),
    last = Math.floor(end / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
function showForest() {
  const r = run(),
    of = numbers(),
    k = column("low-frequency"),
    rows = others().map(({ m, name }) => ({ m, name, ...ends(m, k), difference: of.difference[m][k], own: [of.low[m][k], of.high[m][k]] })),
    span = forestSpan(rows, tested() ? r.comparison.margin : 0),
    element = make("table", undefined, "forest"),
    body = make("tbody");
  rows.forEach((row) => body.append(forestRow(row, span, k)));
  element.append(forestHead(), body, forestAxis(span));
  clear(by("forest")).append(element);
  explained(by("caption-answer"), `The low-frequency classes' ${words(state.metric)}, each method's less that of its baseline: mean over ${many(r.about.seeds.length, "seed")}, paired by seed; ${reach()}.`);
}
function forestHead() {
  const head = make("thead"),
    line = make("tr");
  ["method", "← worse, better →", "difference", tested() ? "verdict" : ""].forEach((text) => {
    const cell = make(text ? "th" : "td", text);
    if (text) cell.scope = "col";
    line.append(cell);
  });
  head.append(line);
  return head;
}
function forestRow(row, span, k) {
  const line = make("tr"),
    name = make("th"),
    value = make("td", signed(row.difference), "value"),
    said = verdictOf(row.m, k) || remark(run().methods[row.m]).split(":")[0],
    verdict = make("td", said, `verdict ${said.split(/[ ,]/)[0]}`),
    drawn = make("td", undefined, "drawn");
  name.scope = "row";
  name.append(breakable(row.name), make("small", [against(row.m), trainedIn(row.m)].filter(Boolean).join(" · ")));
  if (row.low !== null) value.append(make("small", between(row)));
  drawn.append(forestPicture(row, span));
  line.append(name, drawn, value, verdict);
  return line;
}
// The budget, the epochs that were kept and whether the heads had converged, beside the gain that rests on them.
// Methods of another link than the first are compared with the baseline of theirs.
function against(m) {
  const reference = run().comparison.baseline_of[m];
  return reference ? `against ${run().methods[reference].name}` : "";
}
function trainedIn(m) {
  const t = run().training[state.encoder][run().methods[m].name];
  if (!t) return "not trained by gradient descent";
  const [first, last] = t.kept;
  const parts = [`${whole(t.steps)} steps`, `epoch ${first === last ? first : `${first}–${last}`} kept`, `${t.converged}/${t.seeds} converged`];
  return parts.map((part) => part.replaceAll(" ", "\u00a0")).join(" · "); // on a phone, lines break between them only
}
// Heights are from the middle of the row, which is as high as its text; widths are shares of the cell.
function forestPicture(row, span) {
  const svg = shape("svg", { "aria-hidden": "true", class: "row" }),
    middle = shape("svg", { y: "50%", overflow: "visible" }),
    x = (value) => `${placeIn(span, Math.min(span.end, Math.max(span.start, value))).toFixed(2)}%`,
    upright = (value, reach, name) => shape("line", { x1: x(value), x2: x(value), y1: -reach, y2: reach, class: name }),
    inside = (value) => value !== null && value >= span.start && value <= span.end;
  svg.append(...forestGround(span, x), middle);
  if (row.difference === null) return svg;
  if (row.low !== null) middle.append(shape("line", { x1: x(row.low), x2: x(row.high), y1: 0, y2: 0, class: "span" }));
  if (row.joint) {
    row.own.filter(inside).forEach((value) => middle.append(upright(value, 5, "tick")));
    [row.low, row.high].filter(inside).forEach((value) => middle.append(upright(value, 6, "cap")));
  }
  if (row.low !== null && row.low < span.start) middle.append(arrow("0", -1));
  if (row.high !== null && row.high > span.end) middle.append(arrow("100%", 1));
  if (inside(row.difference)) middle.append(shape("circle", { cx: x(row.difference), cy: 0, r: 5.5, fill: visible(run().methods[row.m].colour), class: "dot" }));
  else middle.append(beyond(row.difference, span));
  return svg;
}
// The band of practical equality and the line of no difference.
function forestGround(span, x) {
  const margin = run().comparison.margin,
    wide = placeIn(span, margin) - placeIn(span, -margin),
    band = tested() ? [shape("rect", { x: x(-margin), y: 0, width: `${Math.min(100, wide).toFixed(2)}%`, height: "100%", class: "band" })] : [];
  return [...band, shape("line", { x1: x(0), x2: x(0), y1: 0, y2: "100%", class: "zero" })];
}
function arrow(at, direction) {
  const holder = shape("svg", { x: at, width: 1, height: 1, overflow: "visible" });
  holder.append(shape("path", { d: `M0 0 L${-9 * direction} -5 L${-9 * direction} 5 Z`, class: "arrow" }));
  return holder;
}
// A difference beyond what is drawn stands at the edge as its number.
function beyond(value, span) {
  const left = value < span.start,
    text = shape("text", { x: left ? "14" : "100%", dx: left ? 0 : -14, y: -5, "text-anchor": left ? "start" : "end", class: "number" });
  text.textContent = signed(value);
  return text;
}
function forestAxis(span) {
  const foot = make("tfoot"),
    line = make("tr"),
    cell = make("td", undefined, "drawn"),
    svg = shape("svg", { height: 22, "aria-hidden": "true", class: "axis" });
  roundTicks(span).forEach((value) => {
    const at = `${placeIn(span, value).toFixed(2)}%`,
      text = shape("text", { x: at, y: 17, "text-anchor": "middle" });
    text.textContent = Math.abs(value) < 1e-9 ? "0" : `${value > 0 ? "+" : "−"}${Number(Math.abs(value).toFixed(3))}`;
    svg.append(shape("line", { x1: at, x2: at, y1: 0, y2: 4, class: "zero" }), text);
  });
  cell.append(svg);
  line.append(make("td"), cell, make("td"), make("td"));
  foot.append(line);
  return foot;
}

/* What more of a method does, and which methods may be the best: a sentence and a small picture each. */
function showTrendsAndBest() {
  const place = clear(by("trends-and-best")),
    found = run().trends_and_best.filter(({ encoder }) => encoder === state.encoder);
  by("trends").hidden = !found.length;
  found.forEach(({ sentence, picture }, i) => {
    const figure = make("figure"),
      plot = make("div", undefined, "plot small"),
      words = make("figcaption");
    plot.id = `plot-further-${i}`;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", sentence);
    explained(words, sentence);
    figure.append(plot, words);
    place.append(figure);
    if (picture.kind === "trend") drawTrend(plot.id, picture);
    else drawBest(plot.id, picture);
  });
}
const lookOf = (names) => names.map((name) => run().methods.find((method) => method.name === name));
const known = (values, otherwise) => values.map((value, i) => value ?? otherwise[i]);
const bounds = (found) => whiskers(known(found.low, found.difference), found.difference, known(found.high, found.difference));
const HOVER = "%{customdata[0]}: %{customdata[1]} (%{customdata[2]} to %{customdata[3]})<extra></extra>";
const hovers = (found) => found.methods.map((name, i) => [plain(name), signed(found.difference[i]), signed(found.low[i]), signed(found.high[i])]);
// The line of the trend: through the points' middle, with the change from the lowest to the highest dose.
function trendLine({ doses, difference, change }) {
  const logs = doses.map(Math.log),
    average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    slope = change / (Math.max(...logs) - Math.min(...logs));
  return logs.map((x) => average(difference) + slope * (x - average(logs)));
}
function drawTrend(id, found) {
  const points = {
    type: "scatter",
    mode: "markers",
    x: found.doses,
    y: found.difference,
    marker: marks(lookOf(found.methods), 10),
    error_y: { ...bounds(found), color: colour("ink"), thickness: 1.4, width: 4 },
    customdata: hovers(found),
    hovertemplate: HOVER,
    showlegend: false,
  };
  const line = { type: "scatter", mode: "lines", x: found.doses, y: trendLine(found), line: { color: colour("accent"), width: 2.5 }, hoverinfo: "skip", showlegend: false };
  const straight = found.change === null || found.difference.includes(null) ? [] : [line];
  draw(id, [...straight, points], {
    height: 270,
    shapes: margins("y"),
    xaxis: { type: "log", tickvals: found.doses, ticktext: found.doses.map(String), title: { text: found.name } },
    yaxis: { zeroline: true, zerolinewidth: 2, title: { text: "difference" } },
  });
}
function drawBest(id, found) {
  const tone = { best: "improves", "not best": "worsens" },
    rows = found.methods.map((_, at) => at),
    span = forestSpan(rows.map((at) => ({ difference: found.difference[at], low: found.low[at], high: found.high[at] })), 0);
  draw(
    id,
    [
      {
        type: "scatter",
        mode: "markers",
        x: found.difference,
        y: rows,
        marker: { size: 9, color: found.verdicts.map((verdict) => colour(tone[verdict] ?? "ink")), symbol: found.verdicts.map((verdict) => (verdict === "not best" ? "circle-open" : "circle")) },
        error_x: { ...bounds(found), color: colour("muted"), thickness: 1.4, width: 4 },
        customdata: hovers(found),
        hovertemplate: HOVER,
        showlegend: false,
      },
      beyondSpan(found, rows, span),
    ],
    {
      height: 90 + 24 * rows.length,
      yaxis: { tickvals: rows, ticktext: found.methods.map((name) => plain(name, 26)), range: [rows.length - 0.5, -0.5], zeroline: false },
      xaxis: { zeroline: true, zerolinewidth: 2, range: [span.start, span.end], title: { text: "from the best of the others" } },
    },
  );
}
// Of a method beyond what is drawn the number, at the edge.
function beyondSpan(found, rows, span) {
  const far = rows.filter((at) => found.difference[at] < span.start || found.difference[at] > span.end),
    left = (at) => found.difference[at] < span.start;
  return {
    type: "scatter",
    mode: "text",
    x: far.map((at) => (left(at) ? span.start : span.end)),
    y: far,
    text: far.map((at) => (left(at) ? `\u25c2 ${signed(found.difference[at])}` : `${signed(found.difference[at])} \u25b8`)),
    textposition: far.map((at) => (left(at) ? "top right" : "top left")),
    textfont: { size: 12, color: colour("ink") },
    cliponaxis: false,
    hoverinfo: "skip",
    showlegend: false,
  };
}

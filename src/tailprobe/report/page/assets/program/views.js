/* The rows of the class table as pictures: differences with their intervals, and the paper's bars. */
const POINTS = 700; // drawn at once; above, browsers are slow and readers lost
function showPlot(found) {
  const r = run(),
    shown = [...new Set(found.map((f) => f.i))],
    methods = [...new Set(found.map((f) => f.m))].sort((a, b) => a - b),
    most = Math.max(8, Math.min(MANY, Math.floor(POINTS / methods.length))),
    classes = shown.slice(0, most),
    place = new Map(classes.map((i, at) => [i, at])),
    ticks = {
      tickvals: classes.map((_, at) => at),
      ticktext: classes.map((i) => `${plain(r.classes[i].name, 28)} (${whole(r.classes[i].parts[2])})`),
    };
  const traces = methods.map((m, at) => {
    const mine = found.filter((f) => f.m === m && place.has(f.i)),
      offset = methods.length > 1 ? (at / (methods.length - 1) - 0.5) * 0.7 : 0;
    return { ...(state.view === "bars" ? bars(mine, place) : dots(mine, place, offset)), ...hover(mine, r.methods[m]) };
  });
  if (state.view === "bars") drawBars(r, classes, traces, ticks);
  else
    draw("plot-classes", traces, {
      height: 160 + classes.length * Math.max(26, 9 * methods.length),
      shapes: margins("x"),
      yaxis: { ...ticks, range: [classes.length - 0.5, -0.5], zeroline: false },
      xaxis: { title: { text: `difference in ${words(state.metric)}` }, zeroline: true, zerolinewidth: 2 },
    });
  by("caption-classes").textContent =
    `In brackets: images of the test part that carry the class. ${state.view === "bars" ? "The paper's layout, figures 9 to 14." : `Whiskers: ${classesTested() ? "simultaneous intervals" : tested() ? "95% intervals, exploratory, not corrected" : SPREAD}.`}` +
    (shown.length > most ? ` The first ${most} of ${shown.length} classes; choose, order or find to see others.` : "");
}
const hover = (mine, method) => ({
  name: plain(method.name),
  customdata: mine.map((f) => [
    plain(f.name, 60),
    f.value,
    f.baseline,
    f.support,
    signed(f.low_end),
    signed(f.high_end),
    f.verdict,
  ]),
  hovertemplate: `%{customdata[0]}, ${plain(method.name)}<br>%{customdata[1]:.3f}, baseline %{customdata[2]:.3f}, %{customdata[3]} in test<br>%{customdata[4]} to %{customdata[5]} %{customdata[6]}<extra></extra>`,
});
const bars = (mine, place) => ({
  type: "bar",
  x: mine.map((f) => place.get(f.i)),
  y: mine.map((f) => f.value),
  marker: { color: visible(run().methods[mine.length ? mine[0].m : 0].colour) },
});
function dots(mine, place, offset) {
  const method = run().methods[mine.length ? mine[0].m : 0],
    middle = mine.map((f) => f.difference);
  return {
    type: "scatter",
    mode: "markers",
    y: mine.map((f) => place.get(f.i) + offset),
    x: middle,
    marker: { size: 8, color: visible(method.colour), symbol: method.symbol },
    error_x: {
      ...whiskers(
        mine.map((f) => f.low_end),
        middle,
        mine.map((f) => f.high_end),
      ),
      thickness: 1.2,
      width: classesTested() ? 3 : 0,
      color: visible(method.colour),
    },
  };
}
function drawBars(r, classes, traces, ticks) {
  const baseline = {
    type: "bar",
    name: "baseline",
    x: classes.map((_, at) => at),
    y: classes.map((i) => numbers().value[0][i]),
    marker: { color: visible(r.methods[0].colour) },
    customdata: classes.map((i) => plain(r.classes[i].name, 60)),
    hovertemplate: "%{customdata}, baseline %{y:.3f}<extra></extra>",
  };
  draw("plot-classes", [baseline, ...traces], {
    height: 520,
    barmode: "group",
    xaxis: { ...ticks, tickangle: -45, zeroline: false },
    yaxis: { title: { text: words(state.metric) } },
  });
}

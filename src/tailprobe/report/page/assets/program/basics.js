/* What every section uses. Names are put on the page as text (textContent), and into pictures through `plain`: nothing in
   the data can become markup. One `state` says what is shown; each `show…` function draws one section from it. */
/** @type {{ runs: any[], multi_dataset: any, terms: { names: string[], meaning: string }[] }} what report/page/content.py and multi_dataset.py write */
const { runs: RUNS, multi_dataset: MULTI_DATASET, terms: TERMS = [] } = JSON.parse(document.getElementById("content").textContent);
const PAGE = 50,
  WORDS = ["improves", "worsens", "practically equal", "inconclusive", "underpowered", "not tested"];
const state = {
  run: 0,
  encoder: "",
  metric: "",
  method: -1,
  group: "",
  verdict: "",
  search: "",
  view: "map",
  map: { method: -1, up: false, all: false },
  page: 0,
  sort: { column: "certain", up: false },
};
const MANY = 60; // classes beyond which a picture can't name all
/** @type {(id: string) => any} an element of report.html, of whatever kind */
const by = (id) => document.getElementById(id);
const run = () => RUNS[state.run];

/* ---- small helpers ---- */
function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}
const clear = (element) => {
  element.replaceChildren();
  return element;
};
// What lies halfway goes to the even digit, as in the tables and in the terminal: 0.0625 is 0.062. Only odd multiples of a
// power of two lie halfway exactly, and all other numbers are rounded by toFixed, which sees every digit of them.
function fixed(value, digits) {
  const halfway = Number.isInteger(value * 2 ** (digits + 1)) && !Number.isInteger(value * 2 ** digits),
    below = Math.floor(value * 10 ** digits);
  return (halfway ? (below + Math.abs(below % 2)) / 10 ** digits : value).toFixed(digits);
}
const number = (value, digits = 3) => {
  if (value === null || value === undefined) return "–";
  const text = fixed(value, digits);
  return Number(text) ? text.replace("-", "−") : text.replace("-", ""); // what rounds to zero has no sign
};
const signed = (value, digits = 3) => {
  const text = number(value, digits);
  return value > 0 && Number(text) ? `+${text}` : text;
};
const whole = (value) => Math.round(value).toLocaleString("en");
const brief = (text, letters = 40) => {
  const all = [...text];
  return all.length > letters ? all.slice(0, letters - 1).join("") + "…" : text;
};
// For pictures, which read markup, and formulas between dollar signs: escaped, and isolated so that right-to-left text
// turns nothing around it.
const MARKS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", $: "&#36;" };
const plain = (text, letters) => `\u2068${brief(text, letters).replace(/[&<>$]/g, (mark) => MARKS[mark])}\u2069`;
const many = (n, noun, nouns = `${noun}s`) => `${whole(n)} ${n === 1 ? noun : nouns}`;
const words = (metric) => run().titles[metric] ?? metric;
// Where a long name may go on in the next line: after a bracket, a mark between words, or a hyphen, with more than a few
// letters to either side; within a word only if no line would hold it.
const LONGEST_WORD = 20,
  FEW = 5;
function pieces(text) {
  const found = [""];
  (text.match(/[^(/+,=_-]*[(/+,=_-]+|[^(/+,=_-]+$/g) ?? []).forEach((piece) => {
    if ([...found[found.length - 1]].length < FEW) found[found.length - 1] += piece;
    else found.push(piece);
  });
  if (found.length > 1 && [...found[found.length - 1]].length < FEW) found.push(found.splice(-2).join(""));
  return found.flatMap((piece) => piece.match(new RegExp(`.{1,${LONGEST_WORD}}`, "gsu")) ?? [piece]);
}
function breakable(text, letters = 80) {
  const found = document.createElement("bdi");
  pieces(brief(text, letters)).forEach((piece, i) => found.append(...(i ? [document.createElement("wbr"), piece] : [piece])));
  return found;
}
function options(select, values, chosen) {
  clear(select);
  values.forEach(([value, text]) => {
    const option = make("option", brief(text, 60));
    option.value = value;
    select.append(option);
  });
  select.value = String(chosen);
}
function table(columns, rows, caption) {
  const element = make("table"),
    head = make("thead"),
    body = make("tbody"),
    line = make("tr");
  if (caption) element.append(make("caption", caption));
  columns.forEach((column) => {
    const cell = make("th", column);
    cell.scope = "col";
    line.append(cell);
  });
  head.append(line);
  rows.forEach((cells) => {
    const row = make("tr");
    cells.forEach((value, i) => {
      const cell = make("td", i ? value : undefined, i ? "" : "name");
      if (!i) cell.append(breakable(value, 400));
      row.append(cell);
    });
    body.append(row);
  });
  element.append(head, body);
  return element;
}

/* ---- pictures ---- */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
function layout(id, extra) {
  const axis = {
    gridcolor: colour("line"),
    zerolinecolor: colour("muted"),
    linecolor: colour("line"),
    automargin: true,
  };
  const base = {
    autosize: true,
    paper_bgcolor: colour("paper"),
    plot_bgcolor: colour("paper"),
    font: { color: colour("ink"), size: 13, family: getComputedStyle(document.body).fontFamily },
    margin: { l: 10, r: 10, t: 10, b: 48 },
    hoverlabel: { align: "left" },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
  };
  const merged = { ...base, ...extra };
  if (document.body.classList.contains("paper")) merged.width = by(id).clientWidth;
  ["xaxis", "yaxis"].forEach((name) => {
    const own = extra[name] || {};
    const title = { standoff: 6, font: { size: 13, color: colour("muted") }, ...own.title };
    merged[name] = { ...axis, ...own, ...(own.title ? { title } : {}) };
  });
  return merged;
}
const SETTINGS = {
  responsive: true,
  displaylogo: false,
  plotlyServerURL: "", // nothing of the page is sent to Plotly's cloud, which a button of its own offers
  // Dragging zooms and a double click resets; a button for each would be ninety stops of the Tab key on the page.
  modeBarButtonsToRemove: [
    "sendChartToCloud",
    "lasso2d",
    "select2d",
    "zoom2d",
    "pan2d",
    "zoomIn2d",
    "zoomOut2d",
    "autoScale2d",
  ],
  toImageButtonOptions: { format: "svg" },
};
/* Pictures are drawn one at a time while the browser is idle, those in view first: a dozen at once would keep the reader
   from the answer. */
const waiting = new Map();
function draw(id, traces, extra) {
  by(id).style.minHeight = `${extra.height}px`; // nothing moves when it comes
  if (!waiting.size && window.Plotly) later(drawNext);
  folded.delete(id);
  waiting.set(id, () => Plotly.react(by(id), traces, layout(id, extra), SETTINGS));
  by("main").setAttribute("aria-busy", "true");
}
const later = (act) => (window.requestIdleCallback ? requestIdleCallback(act, { timeout: 300 }) : setTimeout(act, 0));
// Plotly's program is large: it is run when the answer stands on the page in words and numbers.
function startDrawing() {
  document.body.append(make("script", by("plotly").textContent));
  drawNext();
}
function drawNext() {
  const inView = (id) => {
    const box = by(id).getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  };
  const ids = [...waiting.keys()];
  try {
    if (ids.length) drawOne(ids.find(inView) ?? ids[0]);
  } finally {
    if (waiting.size) later(drawNext);
    else by("main").setAttribute("aria-busy", "false");
  }
}
function drawOne(id) {
  const act = waiting.get(id);
  waiting.delete(id);
  if (inSight(id)) act();
  else folded.set(id, act); // drawn when its part is opened; a view that is hidden is drawn again when it is chosen
}
// A closed part has its contents in the tree, some browsers with a size; theirs would be the wrong one.
const inSight = (id) => by(id) !== null && by(id).offsetParent !== null && !by(id).closest("details:not([open])");
const folded = new Map();
function drawUnfolded() {
  const seen = [...folded].filter(([id]) => inSight(id));
  if (seen.length && !waiting.size && window.Plotly) later(drawNext);
  seen.forEach(([id, act]) => {
    folded.delete(id);
    waiting.set(id, act);
    by("main").setAttribute("aria-busy", "true");
  });
}
function drawAll() {
  if (window.Plotly) [...waiting.keys()].forEach(drawOne);
}
const whiskers = (low, middle, high) => ({
  type: "data",
  symmetric: false,
  array: high.map((value, i) => value - middle[i]),
  arrayminus: low.map((value, i) => middle[i] - value),
});
// WCAG's relative luminance of a colour, and a colour with a share of white in it.
const parts = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
const luminance = (rgb) =>
  rgb
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const whitened = (rgb, share) => rgb.map((c) => c + (1 - c) * share);
const visible = (hex) => {
  // A method's colour; on a dark page with as much white in it as it needs to be seen (3 to 1), and no more: with more,
  // dark colours of one hue turn into its light ones.
  const paper = colour("paper");
  if (paper === "#ffffff") return hex;
  const dark = luminance(parts(paper));
  let share = 0;
  while ((luminance(whitened(parts(hex), share)) + 0.05) / (dark + 0.05) < 3) share += 0.02;
  return share ? `rgb(${whitened(parts(hex), share).map((c) => Math.round(255 * c)).join(",")})` : hex;
};

/* ---- numbers of the state ---- */
const numbers = (metric = state.metric, encoder = state.encoder) => run().comparison.numbers[encoder][metric];
const tested = () => run().comparison.tested === state.metric;
const column = (group) => run().classes.length + run().comparison.groups.indexOf(group);
const judged = () => (tested() ? run().comparison.verdicts[state.encoder] : null);
// The levels of the questions and how many comparisons share each, e.g. "low-frequency classes: 8 comparisons tested jointly at .04".
const questions = (name) => run().comparison.questions.filter((question) => !name || question.name === name);
const classesTested = () => tested() && questions("classes").length > 0;
const asked = () =>
  questions()
    .filter((question) => question.name !== "classes")
    .map((question) => question.sentence)
    .join("; ");
const SPREAD = "one standard deviation over the seeds to either side, no confidence interval";
const reach = () =>
  tested()
    ? `whiskers with caps: the simultaneous interval, which the verdict rests on (${asked()}); faint ticks: the 95% interval of the row alone; grey band: practically equal, within ±${run().comparison.margin}`
    : `whiskers: ${SPREAD}`;
// The interval that is drawn: the simultaneous one of the question; of what was not tested the 95% interval of the row
// alone, and in a metric that was not tested the spread over seeds.
function ends(m, k, r = run(), encoder = state.encoder, metric = state.metric) {
  const of = r.comparison.numbers[encoder][metric],
    judgement = r.comparison.tested === metric ? r.comparison.verdicts[encoder] : null,
    joint = Boolean(judgement) && judgement.simultaneous_low[m][k] !== null;
  return joint
    ? { joint, low: judgement.simultaneous_low[m][k], high: judgement.simultaneous_high[m][k] }
    : { joint, low: of.low[m][k], high: of.high[m][k] };
}
const between = ({ low, high }) => (low === null ? "no interval" : `${signed(low)} to ${signed(high)}`);
// A verdict as the table has it, with what must be known beside it.
const verdictOf = (m, k) => (judged() ? judged().said[m][k] : "");
// The band of practical equality, across a picture whose differences are on these axes.
const margins = (...axes) =>
  tested()
    ? axes.map((axis) => {
        const [along, across] = axis === "x" ? ["x", "y"] : ["y", "x"],
          margin = run().comparison.margin;
        return {
          type: "rect",
          layer: "below",
          line: { width: 0 },
          fillcolor: colour("muted"),
          opacity: 0.14,
          [`${along}0`]: -margin,
          [`${along}1`]: margin,
          [`${across}ref`]: "paper",
          [`${across}0`]: 0,
          [`${across}1`]: 1,
        };
      })
    : [];
// Faint ticks at the ends of rows' own 95% intervals, across the direction of the whiskers.
const ticks = (x, y, symbol) => ({
  type: "scatter",
  mode: "markers",
  x,
  y,
  marker: { symbol, size: 11, color: colour("muted"), opacity: 0.75, line: { width: 1.5, color: colour("muted") } },
  hoverinfo: "skip",
  showlegend: false,
});
// What keeps a method from differing from its baseline.
const remark = (m) => (m.no_op ? `no-op: ${m.no_op}` : m.identical_ranking ? "identical ranking" : "");
// Whether most heads of a method, or of what it is compared with, had not converged when training ended.
function notConverged(m, encoder = state.encoder) {
  const training = run().training[encoder],
    heads = [m, run().comparison.baseline_of[m]].map((i) => training[run().methods[i].name]);
  return heads.some((t) => t && 2 * t.converged < t.seeds);
}
// A method's name with what must be known beside its gain.
const marked = (m, text) =>
  [text, notConverged(m) ? "not converged" : "", remark(run().methods[m]).split(":")[0]].filter(Boolean).join(", ");
const others = () =>
  run()
    .methods.map((method, m) => ({ ...method, m }))
    .slice(1);

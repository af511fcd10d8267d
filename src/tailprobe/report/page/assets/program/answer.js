/* The answer, and where several runs or encoders are shown, the same of each. */
/* ---- 0 the answer ---- */
function showAnswer() {
  const r = run(),
    answer = r.conclusion;
  by("question").replaceChildren("Which method improves the rare classes of “", make("bdi", brief(r.name, 120)), "”?");
  by("conclusion").dataset.kind = answer ? answer.kind : "";
  by("headline").textContent = answer ? answer.headline : "Not tested.";
  explained(by("sentence"), answer
    ? answer.sentence
    : `The methods were not tested against each other here; of ${many(r.methods.length - 1, "method")}, ${r.chosen} has the highest mean on the low-frequency classes.`);
  by("in-images").textContent = r.in_images;
  by("settle").textContent = answer ? answer.settle : "";
  by("caution").textContent = r.caution;
  by("caution").hidden = !r.caution;
  const judgement = answer && r.comparison.verdicts[answer.encoder];
  by("more-seeds").textContent = judgement ? judgement.more_seeds : "";
  by("fixed").textContent = `Fixed before training: ${r.fixed.map(([name, value]) => `${name}: ${value}`).join("; ")}.`;
  const facts = clear(by("certainty"));
  factsOf(r, answer).forEach(([name, value, small]) => {
    const box = make("div"),
      dd = make("dd", value);
    if (small) dd.append(make("small", small));
    box.append(make("dt", name), dd);
    facts.append(box);
  });
  showTrendsAndBest();
  showForest();
  showRuns();
}
function factsOf(r, answer) {
  const seeds = r.about.seeds.length,
    low = r.classes.filter((c) => c.low).length,
    found = [];
  if (answer && answer.detectable !== null)
    found.push(["minimum detectable effect", `±${number(answer.detectable)}`, `80% power, ${brief(answer.about, 40)}`]);
  found.push(
    ["images", whole(r.collection.images), `${many(r.classes.length, "class", "classes")}, ${low} low-frequency`],
    ["heads trained", whole(r.methods.length * r.encoders.length * seeds), many(seeds, "seed")],
    ["encoder", brief(state.encoder, 40), ""],
  );
  return found;
}
const marks = (methods, size) => ({
  size,
  symbol: methods.map((method) => method.symbol),
  color: methods.map((method) => visible(method.colour)),
  line: { color: colour("ink"), width: 1 },
});

/* ---- several runs, or several encoders of one ---- */
const sources = () =>
  RUNS.flatMap((r, i) =>
    r.encoders.map((encoder) => ({
      r,
      encoder,
      name: [
        RUNS.length > 1 ? brief(r.name, 40) : "",
        r.encoders.length > 1 || RUNS.length > 1 ? brief(encoder, 40) : "",
      ]
        .filter(Boolean)
        .join(", "),
      tested: r.comparison.tested === state.metric,
      of: r.comparison.numbers[encoder][state.metric],
      k: r.classes.length + r.comparison.groups.indexOf("low-frequency"),
      rest: r.classes.length + r.comparison.groups.indexOf("remaining"),
      place: i,
    })),
  ).filter((source) => source.of);
function showRuns() {
  const all = sources(),
    several = all.length > 1;
  by("several").hidden = !several;
  if (!several) return;
  clear(by("runs-compared")).append(
    table(
      ["run and encoder", "images", "classes", "recommended", "gain, low-frequency", "simultaneous interval", "change, others"],
      all.map(({ r, encoder, name }) => advised(r, encoder, name)),
    ),
  );
  const names = [...new Set(all.flatMap(({ r }) => r.methods.slice(1).map((method) => method.name)))],
    tones = ["low", "accent", "improves", "muted", "worsens", "ink"],
    shapes = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross"];
  draw(
    "plot-runs",
    all.map(({ r, encoder, name, of, k }, at) => {
      const mine = r.methods.map((method, m) => ({ ...method, m })).slice(1),
        side = (which) => mine.map(({ m }) => of[which][m][k]),
        drawn = mine.map(({ m }) => ends(m, k, r, encoder)),
        tone = colour(tones[at % tones.length]);
      return {
        type: "scatter",
        mode: "markers",
        name: plain(name, 60),
        x: side("difference"),
        y: mine.map((method) => names.indexOf(method.name) + (at / (all.length - 1) - 0.5) * 0.6),
        marker: { size: 9, color: tone, symbol: shapes[at % shapes.length] },
        error_x: {
          ...whiskers(
            drawn.map(({ low }) => low),
            side("difference"),
            drawn.map(({ high }) => high),
          ),
          color: tone,
          thickness: 1.4,
          width: 3,
        },
        customdata: mine.map((method) => [plain(method.name), signed(of.difference[method.m][k])]),
        hovertemplate: "%{customdata[0]}: %{customdata[1]}",
      };
    }),
    {
      height: 130 + names.length * Math.max(30, 12 * all.length),
      yaxis: {
        tickvals: names.map((_, at) => at),
        ticktext: names.map((name) => plain(name, 32)),
        range: [names.length - 0.5, -0.5],
        zeroline: false,
      },
      xaxis: {
        title: { text: "difference from the own baseline, low-frequency classes" },
        zeroline: true,
        zerolinewidth: 2,
      },
    },
  );
  const untested = all.filter((source) => !source.tested).length;
  by("caption-runs").textContent =
    `In ${words(state.metric)}. Whiskers: ${untested === all.length ? SPREAD : `the simultaneous interval of the run's primary question${untested ? " where the run was tested in this metric, else one standard deviation over the seeds" : ""}`}. Each is measured on its own images, against its own baseline.`;
}
function advised(r, encoder, name) {
  const advice = r.recommendation,
    mine = advice && advice.encoder === encoder,
    held = mine && advice.method !== "baseline";
  return [
    name,
    whole(r.collection.images),
    String(r.classes.length),
    mine ? (held ? advice.method : "the baseline") : advice ? "–" : "not tested",
    held ? signed(advice.effect_rare) : "–",
    held ? `${signed(advice.effect_rare_low)} to ${signed(advice.effect_rare_high)}` : "–",
    held ? signed(advice.effect_remaining) : "–",
  ];
}

/* Images to look at: what one method finds and another misses, where images lie, confusions, doubtful labels. */
function showLooks() {
  showFound();
  showEmbeddingMap();
  showNeighbours();
  showConfusion();
  showDoubtful();
}
const TILES = 12; // found or lost, over all classes
function showFound() {
  const r = run(),
    m = r.mistakes,
    change = (image) => Math.abs(image.scores[1] - image.scores[0]),
    low = new Set(r.classes.filter((c) => c.low).map((c) => c.name)),
    rare = (image) => !low.size || low.has(m.classes[image.class_index]),
    of = (kind) => (m ? m.images.filter((image) => image.kind === kind && rare(image)) : []).sort((a, b) => change(b) - change(a)).slice(0, TILES);
  by("h-found").textContent = `Found by ${brief(r.chosen, 60)}, missed by the baseline`;
  by("h-lost").textContent = `Found by the baseline, missed by ${brief(r.chosen, 60)}`;
  by("words-found").textContent =
    `Test images of the ${low.size ? "low-frequency" : "rarest"} classes whose mean score is above the threshold of the class by one method and not by the other, the largest change first. The threshold stands behind the score.`;
  ["found", "lost"].forEach((kind) => showTiles(kind, of(kind).map((image) => ({ ...image, of: m.classes[image.class_index] }))));
}
function showEmbeddingMap() {
  const r = run(),
    map = r.looks.map;
  by("embedding-map").hidden = !map;
  if (!map) return;
  const i = Number(by("map-class").value),
    [found, missed, alarms] = map.classes[i],
    marked = new Set([...found, ...missed, ...alarms]),
    others = map.x.map((_, at) => at).filter((at) => !marked.has(at));
  const dots = (name, places, marker) => ({
    type: "scatter",
    mode: "markers",
    name: `${name} (${whole(places.length)})`,
    x: places.map((at) => map.x[at]),
    y: places.map((at) => map.y[at]),
    marker,
    customdata: places.map((at) => plain(map.names[at], 60)),
    hovertemplate: "%{customdata}",
  });
  draw(
    "plot-map",
    [
      dots("other images", others, { size: 4, color: colour("rest"), opacity: 0.35 }),
      dots("false alarm", alarms, { size: 8, color: colour("muted"), symbol: "x" }),
      dots("carries it, missed", missed, { size: 10, color: colour("low"), symbol: "circle-open", line: { width: 2.5 } }),
      dots("carries it, found", found, { size: 9, color: colour("accent") }),
    ],
    { height: 480, showlegend: true, xaxis: { showticklabels: false, zeroline: false }, yaxis: { showticklabels: false, zeroline: false } },
  );
  by("caption-embedding").textContent =
    `Embeddings of ${r.looks.encoder} ${map.by === "umap" ? "by UMAP, which keeps neighbours together" : "in their first two principal components"}, ${whole(map.x.length)} of ${many(map.of, "image")}${map.x.length < map.of ? ", those of the rarest classes first" : ""}. In colour: how ${brief(r.chosen, 60)} judges the class. ${MAP_CAUTION[map.by]}`;
}
// What may be read from a map, and what not.
const MAP_CAUTION = {
  pca: "Two components show little of an embedding: what lies apart here is apart, what lies together need not be alike.",
  umap: "What lies together here is alike; distances between groups, their sizes and their shapes say nothing.",
};
function showNeighbours() {
  const all = run().looks.neighbours,
    near = all[Number(by("near-class").value)];
  by("near").hidden = !near;
  if (near)
    showTiles("neighbours", near.images.map((image, rank) => ({ ...image, said: rank ? `cosine ${number(image.cosine)}` : "the image itself" })));
}
function showConfusion() {
  const r = run(),
    found = r.looks.confusion;
  by("confused").hidden = !found;
  if (!found) return;
  const at = Number(by("confusion-method").value),
    element = make("table", undefined, "cooccurrence"),
    head = make("tr"),
    thead = make("thead"),
    body = make("tbody");
  head.append(make("td"), ...found.classes.map((j) => named(r.classes[j], "col")));
  found.classes.forEach((i, row) => {
    const line = make("tr");
    line.append(named(r.classes[i], "row"), ...found.classes.map((_, to) => confusionCell(found.images[at][row][to], found.totals[row])));
    body.append(line);
  });
  thead.append(head);
  element.append(thead, body);
  clear(by("table-confusion")).append(element);
}
function confusionCell(images, total) {
  const share = images / Math.max(total, 1),
    cell = make("td", images ? (share < 0.005 ? "<1" : String(Math.round(100 * share))) : "");
  cell.style.setProperty("--share", `${(45 * share).toFixed(1)}%`);
  cell.title = `${whole(images)} of ${whole(total)}`;
  return cell;
}
function showDoubtful() {
  const r = run(),
    found = r.looks.doubtful;
  by("doubtful").hidden = !found.length;
  clear(by("table-doubtful")).append(
    table(
      ["image", "class", "the label", "score", "average of the other side"],
      found.map((row) => [row.name, r.classes[row.class_index].name, row.doubt, number(row.score), number(row.limit)]),
    ),
  );
}
/* A picture at the size it is kept in, with what is known of it and the way to its file. */
function enlarge(image, source) {
  const words = clear(by("enlarged-words"));
  by("enlarged-image").src = source;
  by("enlarged-image").alt = brief(image.tags.join(", ") || "no class", 200);
  words.append(make("bdi", image.name), ` ${image.tags.join(", ")}`);
  if (image.link) words.append(" ", fileLink(image, "open the file"));
  by("enlarged").showModal();
}
function fileLink(image, text) {
  const anchor = make("a", text);
  anchor.href = image.link;
  anchor.rel = "noopener noreferrer";
  return anchor;
}

/* Further questions, each with its own error rate and its answers. */
function showFurther() {
  const asked = run().further,
    place = by("further");
  place.hidden = !asked.length;
  place.querySelectorAll("section").forEach((old) => old.remove());
  for (const question of asked) {
    const section = make("section"),
      list = make("ul");
    question.answers.forEach((answer) => list.append(make("li", answer)));
    section.append(make("h3", question.title), make("p", `${question.sentence}. Intervals hold for all of them at once.`), list);
    place.append(section);
  }
}

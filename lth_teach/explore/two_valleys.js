// Two copies in a valley that forks, and the error on the straight line between them. All numbers come from Python.

const MOST = 50, ACROSS = [-1.5, 1.5], ALONG = [-0.15, 1.2];

/** The entry whose copies part nearest to a step. */
export function chosen(state, split) {
  return nearest(state.splits, (entry) => Math.abs(entry.k - split));
}

/** The error at α. */
export function at(entry, alpha) {
  return entry.errors[Math.round(alpha * (entry.errors.length - 1))];
}

/** The sentence that follows the sliders. */
export function reading(state, alpha, split) {
  const entry = chosen(state, split), { errors, barrier, k } = entry;
  const ends = (errors[0] + errors.at(-1)) / 2;
  return `The copies part after ${k} of ${state.steps} steps. At α = ${alpha.toFixed(2)} the error is ` +
    `${number(at(entry, alpha))} %; the mean of the two ends is ${number(ends)} %. Error barrier: ${number(barrier)} ` +
    `points, ${barrier < 2 ? "stable" : "not stable"}.`;
}

/** The two weights: contours, both paths, the line between their ends, and the dot at α. */
function plane(state, entry, alpha) {
  const x = (value) => LEFT + (RIGHT - LEFT) * (value - ACROSS[0]) / (ACROSS[1] - ACROSS[0]);
  const y = (value) => BOTTOM - (BOTTOM - TOP) * (value - ALONG[0]) / (ALONG[1] - ALONG[0]);
  const place = (points) => points.map(([across, along]) => [x(across), y(along)]);
  const svg = panel("Two copies, and the line between them", "first weight; upwards, the second", [], []);
  const corners = [[LEFT, BOTTOM], [LEFT, TOP], [RIGHT, TOP], [RIGHT, BOTTOM]];
  svg.append(line(corners, { opacity: 0.4 }));
  for (const contour of state.contours) svg.append(line(place(contour), { opacity: 0.28 }));
  const ends = entry.paths.map((path) => place(path).at(-1));
  entry.paths.forEach((path, second) => {
    svg.append(line(place(path), { "stroke-width": 1.6, "stroke-dasharray": second ? "5 3" : "none" }));
  });
  svg.append(line(ends, { stroke: BLUE, "stroke-width": 2.2 }));
  ends.forEach(([cx, cy], second) => {
    const [aside, anchor] = second ? [8, "start"] : [-8, "end"];
    svg.append(draw("circle", { cx, cy, r: 4 }));
    svg.append(label(cx + aside, cy - 16, `copy ${second + 1}`, { "text-anchor": anchor }));
  });
  const [sx, sy] = place(entry.paths[0])[0];
  svg.append(draw("rect", { x: sx - 4, y: sy - 4, width: 8, height: 8 }));
  svg.append(label(sx + 9, sy + 5, "start", { "text-anchor": "start" }));
  const [[ax, ay], [bx, by]] = ends;
  svg.append(draw("circle", { cx: ax + alpha * (bx - ax), cy: ay + alpha * (by - ay), r: 6, fill: BLUE }));
  return svg;
}

/** The error along the line, the mean of its ends, and the dot at α. */
function curve(entry, alpha) {
  const x = (value) => LEFT + (RIGHT - LEFT) * value, y = (value) => BOTTOM - (BOTTOM - TOP) * value / MOST;
  const rows = [0, 10, 20, 30, 40, 50].map((value) => [y(value), String(value)]);
  const columns = [0, 0.5, 1].map((value) => [x(value), String(value)]);
  const title = `Error (%): a barrier of ${number(entry.barrier)} points`;
  const svg = panel(title, "α: from copy 1 (0) to copy 2 (1)", rows, columns);
  const { errors } = entry, mean = (errors[0] + errors.at(-1)) / 2;
  svg.append(
    line([[LEFT, y(mean)], [RIGHT, y(mean)]], { "stroke-dasharray": "5 3" }),
    label((LEFT + RIGHT) / 2, y(mean) + 16, "mean of the ends"),
    line(errors.map((error, i) => [x(i / (errors.length - 1)), y(error)]), { stroke: BLUE, "stroke-width": 2.2 }),
    draw("circle", { cx: x(alpha), cy: y(at(entry, alpha)), r: 6, fill: BLUE }),
  );
  return svg;
}

/** Two sliders, two panels and the sentence; `model` has state, alpha and split (see two_valleys.py). */
function render({ model, el }) {
  const state = model.get("state"), last = state.splits[0].errors.length - 1;
  const along = slider("Where on the line", (place) => choose(model, { alpha: place / last }));
  const parting = slider("Steps in common", (place) => choose(model, { split: state.splits[place].k }));
  explore({ model, el }, ["alpha", "split"], [along, parting], () => {
    const alpha = model.get("alpha"), entry = chosen(state, model.get("split"));
    along.show(Math.round(alpha * last), last, `α = ${alpha.toFixed(2)}`);
    parting.show(state.splits.indexOf(entry), state.splits.length - 1, `${entry.k} of ${state.steps}`);
    const words = "Contours of an error over two weights, the paths of two copies and the line between their ends.";
    return {
      words: reading(state, alpha, entry.k),
      panels: [
        [plane(state, entry, alpha), words],
        [curve(entry, alpha), "The error along that line, and the mean of its ends."],
      ],
    };
  });
}

const explorer = { render };
export default explorer;

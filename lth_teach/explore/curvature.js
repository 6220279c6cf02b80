// Gradient descent on L(a, b) = ½ (a² + h (b − 10)²) from (1, 0), dense and with a mask that keeps a; see curvature.py.

const RATE = 0.5, START = [1, 0], BEST = 10, ACROSS = [-1, 13], ALONG = [-1.3, 1.3];

/** a, b, loss and cos² at steps 0, 1, …; a masked descent moves a only. The same arithmetic as in curvature.py. */
export function run(curvature, steps, masked) {
  const found = [];
  let a = START[0], away = START[1] - BEST; // b is kept as its distance from 10, so that no digit of it is lost
  for (let step = 0; step <= steps; step += 1) {
    const slope = curvature * away, loss = (a * a + slope * away) / 2; // the gradient is (a, slope)
    found.push({ a, b: BEST + away, loss, share: 1 / (1 + (slope / a) * (slope / a)) });
    a -= RATE * a;
    away -= masked ? 0 : RATE * slope;
  }
  return found;
}

/** Both runs. */
export function solve(curvature, steps) {
  return { curvature, steps, dense: run(curvature, steps, false), masked: run(curvature, steps, true) };
}

/** The sentence that follows the sliders. */
export function reading({ curvature, steps, dense, masked }) {
  const [first, last] = [masked[0], masked.at(-1)];
  return `h = ${curvature}: cos² is ${decimals(first.share, 3)} at the start and ${decimals(last.share, 3)} after ` +
    `${steps.toLocaleString("en")} step${steps === 1 ? "" : "s"} of the masked run. By then the loss has come from ` +
    `${decimals(first.loss, 3)} to ${decimals(last.loss, 3)} with the mask, ` +
    `to ${decimals(dense.at(-1).loss, 3)} without.`;
}

const LOOKS = { // of the three lines
  dense: { "stroke-width": 2 },
  masked: { stroke: BLUE, "stroke-width": 2.6, "stroke-dasharray": "6 4" },
  share: { "stroke-width": 2, "stroke-dasharray": "1.5 3.5" },
};

/** Lines of equal loss, each at half the height of the next, and both paths. */
function plane({ curvature, dense, masked }) {
  const x = (b) => LEFT + (RIGHT - LEFT) * (b - ACROSS[0]) / (ACROSS[1] - ACROSS[0]);
  const y = (a) => BOTTOM - (BOTTOM - TOP) * (a - ALONG[0]) / (ALONG[1] - ALONG[0]);
  const rows = [["−1", -1], ["0", 0], ["1", 1]].map(([text, a]) => [y(a), text]);
  const columns = [0, 5, 10].map((b) => [x(b), String(b)]);
  const xlabel = "b, which is pruned (not on the scale of a)";
  const svg = panel("Two weights; upwards a, which is kept", xlabel, rows, columns);
  const valley = inside(svg);
  for (let halvings = 0; halvings < 8; halvings += 1) {
    const height = dense[0].loss / 2 ** halvings;
    const rx = x(Math.sqrt(2 * height / curvature)) - x(0), ry = y(0) - y(Math.sqrt(2 * height));
    const ellipse = { cx: x(BEST), cy: y(0), rx, ry, fill: "none", stroke: "currentColor", opacity: 0.3 };
    valley.append(draw("ellipse", ellipse));
  }
  for (const [path, look] of [[dense, LOOKS.dense], [masked, LOOKS.masked]]) {
    const { a, b } = path.at(-1);
    svg.append(line(path.map((point) => [x(point.b), y(point.a)]), look));
    svg.append(draw("circle", { cx: x(b), cy: y(a), r: 5, fill: look.stroke ?? "currentColor" }));
  }
  const [sx, sy] = [x(START[1]), y(START[0])];
  svg.append(draw("rect", { x: sx - 4, y: sy - 4, width: 8, height: 8 }));
  svg.append(label(sx + 9, sy + 4, "start", { "text-anchor": "start" }), label(x(BEST), y(0) - 10, "lowest point"));
  svg.append(draw("circle", { cx: x(BEST), cy: y(0), r: 2.5 }));
  return svg;
}

/** cos² along the masked run, and both losses as shares of the first, against the step. */
function shares({ steps, dense, masked }) {
  const x = (step) => LEFT + (RIGHT - 8 - LEFT) * Math.log1p(step) / Math.log1p(steps);
  const y = (share) => BOTTOM - (BOTTOM - TOP) * share / 1.25;
  const rows = [0, 0.25, 0.5, 0.75, 1].map((share) => [y(share), String(share)]);
  const ticks = [0, 1, 10, 100, 1000].filter((step) => step <= steps);
  const columns = ticks.map((step) => [x(step), step.toLocaleString("en")]);
  const svg = panel("cos², and the loss as a share of the first", "step", rows, columns);
  const drawn = [
    ["loss, dense", LOOKS.dense, dense, (at) => at.loss / dense[0].loss],
    ["loss, masked", LOOKS.masked, masked, (at) => at.loss / masked[0].loss],
    ["cos²", LOOKS.share, masked, (at) => at.share],
  ];
  drawn.forEach(([name, look, run, value], place) => {
    svg.append(line(run.map((at, step) => [x(step), y(value(at))]), look));
    const start = LEFT + 4 + 108 * place, height = TOP + 12;
    svg.append(line([[start, height - 4], [start + 22, height - 4]], look));
    svg.append(label(start + 27, height, name, { "text-anchor": "start" }));
  });
  return svg;
}

/** Two sliders, two panels and the sentence; `model` has curvatures, lengths, curvature and steps. */
function render({ model, el }) {
  const curvatures = model.get("curvatures"), lengths = model.get("lengths");
  const bend = slider("Curvature along b", (place) => choose(model, { curvature: curvatures[place] }));
  const long = slider("Steps", (place) => choose(model, { steps: lengths[place] }));
  explore({ model, el }, ["curvature", "steps"], [bend, long], () => {
    const found = solve(model.get("curvature"), model.get("steps")), { curvature, steps } = found;
    bend.show(curvatures.indexOf(curvature), curvatures.length - 1, `h = ${curvature}`);
    long.show(lengths.indexOf(steps), lengths.length - 1, steps.toLocaleString("en"));
    return {
      words: reading(found),
      panels: [
        [plane(found), "Lines of equal loss over two weights, and the paths of the dense and the masked run."],
        [shares(found), "cos² along the masked run, and the losses of both runs as shares of the first."],
      ],
    };
  });
}

const explorer = { render };
export default explorer;

// How many levels, how many trainings, what accuracy: one prune rate against the others, from stored rows.

/** The budget's entry for a prune rate; where it has none, for the nearest one. */
export function chosen(state, budget, rate) {
  return nearest(state.budgets[budget], (entry) => Math.abs(Math.log(entry.rate / rate)));
}

/** The level at which a rate comes to the density that all rates reach. */
export function reached(entry) {
  return entry.levels[entry.reached];
}

/** The sentence that follows the slider. */
export function reading(state, budget, rate) {
  const entry = chosen(state, budget, rate), { level, density, mean, low, high, n, trainings } = reached(entry);
  const band = low === null ? "" : ` [${number(low)}, ${number(high)}]`;
  return `Removing ${number(100 * entry.rate, 0)} % a level reaches ${number(100 * density)} % kept in ` +
    `${level} level${level === 1 ? "" : "s"}: ${trainings} trainings, ${number(mean)} %${band}, n = ${n}.`;
}

/** Least and greatest accuracy of everything drawn, in both budgets, widened to whole steps; and the step. */
export function range(state) {
  const levels = Object.values(state.budgets).flat().flatMap((entry) => entry.levels);
  const low = Math.min(...levels.map((level) => level.low ?? level.mean));
  const high = Math.max(...levels.map((level) => level.high ?? level.mean));
  const step = [0.5, 1, 2, 5, 10, 20].find((size) => (high - low) / size <= 6) ?? 50;
  return { low: step * Math.floor(low / step), high: step * Math.ceil(high / step), step };
}

/** The accuracies as heights, and the rows of a panel for them. */
function heights(state) {
  const { low, high, step } = range(state), y = (value) => BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low);
  const rows = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  return { y, rows: rows.map((value) => [y(value), String(value)]) };
}

/** Accuracy against the weights kept: one line a prune rate, a dot a level. */
function lines(rates, entry, { y, rows }) {
  const least = 0.93 * Math.min(...rates.flatMap(({ levels }) => levels.map((level) => level.density)));
  const x = (density) => LEFT + 8 + (RIGHT - LEFT - 8) * Math.log(density) / Math.log(least);
  const ticks = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01].filter((tick) => tick >= 0.98 * least);
  const svg = panel("Test accuracy (%)", "weights kept (%)", rows, ticks.map((tick) => [x(tick), String(100 * tick)]));
  const path = (levels, value) => levels.map((level) => [x(level.density), y(value(level))]);
  const low = (level) => level.low ?? level.mean, high = (level) => level.high ?? level.mean;
  const band = [...path(entry.levels, high), ...path(entry.levels, low).reverse()];
  svg.append(line(band, { fill: "currentColor", stroke: "none", opacity: 0.18 }));
  for (const one of [...rates.filter((other) => other !== entry), entry]) {
    const bold = one === entry, group = draw("g", { opacity: bold ? 1 : 0.4 });
    const points = path(one.levels, (level) => level.mean);
    group.append(line(points, { "stroke-width": bold ? 2.6 : 1 }));
    for (const [cx, cy] of points) group.append(draw("circle", { cx, cy, r: bold ? 3.4 : 2 }));
    svg.append(group);
  }
  return svg;
}

/** Accuracy at the common density against the trainings paid: a dot and a bar for each prune rate. */
function costs(rates, entry, { y, rows }, kept) {
  const most = Math.max(...rates.map((one) => reached(one).trainings));
  const x = (trainings) => LEFT + (RIGHT - LEFT) * trainings / (1.08 * most);
  const step = [1, 2, 5, 10, 20].find((size) => most / size <= 6) ?? 50;
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => [x(i * step), String(i * step)]);
  const svg = panel(`The same at ${kept} % kept`, "trainings paid", rows, ticks);
  for (const one of rates) {
    const { mean, low, high, trainings } = reached(one), bold = one === entry;
    const group = draw("g", { opacity: bold ? 1 : 0.45 }), at = x(trainings);
    if (low !== null) group.append(line([[at, y(low)], [at, y(high)]], { "stroke-width": bold ? 2.6 : 1.4 }));
    group.append(draw("circle", { cx: at, cy: y(mean), r: bold ? 5 : 3.2 }));
    if (bold) {
      const right = at > (LEFT + RIGHT) / 2, [aside, down, anchor] = right ? [-9, -9, "end"] : [9, 18, "start"];
      const look = { "text-anchor": anchor, "font-weight": "bold" };
      group.append(label(at + aside, y(mean) + down, `${number(100 * one.rate, 0)} % a level`, look));
    }
    svg.append(group);
  }
  return svg;
}

/** A slider and a box, two panels and the sentence; `model` has state, budget and rate (see prune_rate.py). */
function render({ model, el }) {
  const state = model.get("state"), accuracies = heights(state), long = longer(model);
  const removed = slider("Removed at each level", (place) => {
    choose(model, { rate: state.budgets[model.get("budget")][place].rate });
  });
  explore({ model, el }, ["rate", "budget"], [removed, long], () => {
    const budget = model.get("budget"), rates = state.budgets[budget], entry = chosen(state, budget, model.get("rate"));
    const percent = `${number(100 * entry.rate, 0)} %`, kept = number(100 * state.density);
    removed.show(rates.indexOf(entry), rates.length - 1, percent, `${percent} a level`);
    long.show(budget);
    return {
      words: reading(state, budget, entry.rate),
      panels: [
        [lines(rates, entry, accuracies), `Test accuracy against weights kept; ${percent} a level is bold.`],
        [costs(rates, entry, accuracies, kept), `Test accuracy at ${kept} % kept against trainings paid.`],
      ],
    };
  });
}

const explorer = { render };
export default explorer;

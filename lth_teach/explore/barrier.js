// The lines between two dense networks, and how high the barrier is, by the part of the training that they share.

const LIMIT = 2;

/** The budget's entry whose k is nearest to `split`. */
export function chosen(state, budget, split) {
  return nearest(state.budgets[budget].splits, (entry) => Math.abs(entry.k - split));
}

/** What the two share: "no start", "0 %", "0.25 %". */
export function name(k) {
  return k < 0 ? "no start" : `${Number((100 * k).toFixed(6))} %`;
}

/** The sentence below the slider. */
export function reading(state, budget, split) {
  const { k, barriers, median } = chosen(state, budget, split), { steps } = state.budgets[budget], n = barriers.length;
  const shared = Math.floor(k * steps + 0.5);
  const before = k < 0 ? "From two starts" : `Parting after ${shared} of ${steps.toLocaleString("en")} steps`;
  const stable = barriers.filter((barrier) => barrier < LIMIT).length;
  return `${before}: error barrier ${number(median)} points (median of ${n}, from ${number(Math.min(...barriers))} ` +
    `to ${number(Math.max(...barriers))}); ${stable} of ${n} stable.`;
}

/** A scale for barriers: linear up to 2 points, beyond that one unit for each doubling; see stability_dots.py. */
export function doubling(points) {
  return points <= LIMIT ? points / LIMIT : 1 + Math.log2(points / LIMIT);
}

/** The greatest error and the greatest barrier in either budget. */
export function most(state) {
  const splits = Object.values(state.budgets).flatMap((budget) => budget.splits);
  return {
    error: 10 * Math.ceil(Math.max(...splits.flatMap((split) => split.paths.flat())) / 10),
    barrier: 1.25 * Math.max(4, ...splits.flatMap((split) => split.barriers)),
  };
}

/** The error on the line of each seed, and their mean. */
function lines(entry, greatest) {
  const y = (error) => BOTTOM - (BOTTOM - TOP) * error / greatest, x = (alpha) => LEFT + (RIGHT - LEFT) * alpha;
  const ticks = Array.from({ length: greatest / 10 + 1 }, (_, i) => [y(10 * i), String(10 * i)]);
  const columns = [0, 0.5, 1].map((alpha) => [x(alpha), String(alpha)]);
  const svg = panel("Test error (%) on the line", "α: from one network (0) to the other (1)", ticks, columns);
  const points = (path) => path.map((error, i) => [x(i / (path.length - 1)), y(error)]);
  svg.append(...entry.paths.map((path) => line(points(path), { opacity: 0.4 })));
  svg.append(line(points(entry.mean), { "stroke-width": 3 }));
  return svg;
}

/** All barriers, a column of dots for each split; the chosen ones are bold. */
function dots(splits, entry, greatest) {
  const y = (points) => BOTTOM - (BOTTOM - TOP) * doubling(points) / doubling(greatest);
  const wide = (RIGHT - LEFT) / splits.length, x = (i) => LEFT + wide * (i + 0.5);
  const ticks = [0, 1, 2, 4, 8, 16, 32, 64].filter((tick) => tick <= greatest).map((tick) => [y(tick), String(tick)]);
  const columns = splits.map((split, i) => [x(i), name(split.k)]);
  const svg = panel("Error barrier (points)", "shared part of the training", ticks, columns);
  svg.append(
    line([[LEFT, y(LIMIT)], [RIGHT, y(LIMIT)]], { "stroke-dasharray": "3 3" }),
    label(LEFT + 4, y(LIMIT) + 14, "stable", { "text-anchor": "start", "font-size": 11 }),
  );
  splits.forEach((split, i) => {
    const group = draw("g", { opacity: split === entry ? 1 : 0.35 }), n = split.barriers.length;
    split.barriers.forEach((barrier, seed) => {
      const aside = n > 1 ? (seed / (n - 1) - 0.5) * 0.5 * wide : 0;
      group.append(draw("circle", { cx: x(i) + aside, cy: y(Math.max(0, barrier)), r: split === entry ? 4 : 3 }));
    });
    svg.append(group);
  });
  return svg;
}

/** A slider and a box, two panels and the sentence; `model` has state, budget and split (see barrier.py). */
function render({ model, el }) {
  const state = model.get("state"), greatest = most(state), long = longer(model);
  const shared = slider("Shared part of the training", (place) => {
    choose(model, { split: state.budgets[model.get("budget")].splits[place].k });
  });
  explore({ model, el }, ["split", "budget"], [shared, long], () => {
    const budget = model.get("budget"), { splits } = state.budgets[budget];
    const entry = chosen(state, budget, model.get("split")), part = name(entry.k);
    shared.show(splits.indexOf(entry), splits.length - 1, part, `${part} shared`);
    long.show(budget);
    return {
      words: reading(state, budget, entry.k),
      panels: [
        [lines(entry, greatest.error), `Test error on the lines between networks that share ${part}.`],
        [dots(splits, entry, greatest.barrier), `Error barriers by the shared part; those of ${part} are bold.`],
      ],
    };
  });
}

const explorer = { render };
export default explorer;

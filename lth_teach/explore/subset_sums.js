// All subset sums of the first N numbers, as ticks that fill [−½, ½]; what lies within ε of one; the best subset for w.
// Lengths are whole millionths, so that nothing is rounded before it is shown.

const MILLION = 1e6, HALF = 5e5;

/** The sums of all subsets; bit i of a position says whether number i is in. */
export function allSums(numbers) {
  return numbers.reduce((sums, number) => [...sums, ...sums.map((sum) => sum + number)], [0]);
}

/** The parts of [−½, ½] within `reach` of one of the ordered sums. */
export function stretches(ordered, reach) {
  const found = [];
  for (const centre of ordered) {
    const low = Math.max(centre - reach, -HALF), high = Math.min(centre + reach, HALF);
    if (low >= high) continue; // beyond the interval
    if (found.length && low <= found.at(-1)[1]) found.at(-1)[1] = high;
    else found.push([low, high]);
  }
  return found;
}

/** The distance of the place in [−½, ½] that is farthest from one of the ordered sums. */
export function worst(ordered) {
  const ends = [-HALF, HALF].map((end) => Math.min(...ordered.map((sum) => Math.abs(sum - end))));
  const inside = ordered.slice(1).map((sum, i) => [(sum + ordered[i]) / 2, sum - ordered[i]])
    .filter(([middle]) => Math.abs(middle) <= HALF).map(([, gap]) => gap / 2);
  return Math.max(...ends, ...inside);
}

/** What the first `count` numbers reach; see `Found` in subset_sums.py. */
export function solve(numbers, count, epsilon, target) {
  const sums = allSums(numbers.slice(0, count)), ordered = [...sums].sort((a, b) => a - b);
  const wanted = Math.round(MILLION * target), reach = Math.round(MILLION * epsilon);
  const best = nearest([...sums.keys()], (position) => Math.abs(sums[position] - wanted));
  return {
    count, epsilon, target, sums, worst: worst(ordered), stretches: stretches(ordered, reach),
    taken: numbers.slice(0, count).map((_, i) => i).filter((i) => best >> i & 1),
    total: sums[best], error: Math.abs(sums[best] - wanted), reached: Math.abs(sums[best] - wanted) <= reach,
  };
}

const signed = (value, digits) => `${value < 0 ? "−" : ""}${decimals(Math.abs(value), digits)}`;
const length = (millionths) => decimals(millionths / MILLION, 4);

function subset(taken) {
  const names = taken.map((i) => String(i + 1));
  if (!names.length) return "no number at all makes";
  if (names.length === 1) return `number ${names[0]} makes`;
  return `numbers ${names.slice(0, -1).join(", ")} and ${names.at(-1)} make`;
}

/** The sentence that follows the sliders. */
export function reading(found) {
  const { count, epsilon, target, sums, taken, total, error, reached } = found;
  const inside = sums.filter((sum) => Math.abs(sum) <= HALF).length;
  const covered = found.stretches.reduce((sum, [low, high]) => sum + high - low, 0);
  const share = decimals(Math.floor(covered / (MILLION / 1000)) / 10, 1);
  return `N = ${count}: ${sums.length.toLocaleString("en")} subset sums, ${inside.toLocaleString("en")} of them in ` +
    `[−½, ½]. ${share} % of this interval lies within ε = ${epsilon} of a sum; its worst place is ` +
    `${length(found.worst)} away from one. For w = ${signed(target, 2)}, ${subset(taken)} ` +
    `${signed(total / MILLION, 4)}, which is ${length(error)} off: ${reached ? "within" : "not within"} ε.`;
}

/** Where row N of 1, 2, … lies, and the row below them all. */
const rowAt = (row, rows) => TOP + (BOTTOM - TOP) * (row - 0.5) / (rows + 1);

function axes(title, xlabel, x, values, last, rows) {
  const names = Array.from({ length: rows }, (_, i) => [rowAt(i + 1, rows), String(i + 1)]);
  const columns = values.map((value) => [x(value * MILLION), signed(value, 1)]);
  return panel(title, xlabel, [...names, [rowAt(rows + 1, rows), last]], columns);
}

/** A tick for each sum, a row for each N; below, what lies within ε of the chosen row. */
function ticks(numbers, all, { count, epsilon, stretches: near, target, total }) {
  const rows = numbers.length, high = 0.4 * (BOTTOM - TOP) / (rows + 1);
  const x = (value) => LEFT + (RIGHT - LEFT) * (value + HALF) / MILLION;
  const xlabel = `subset sum; last row: what lies within ε = ${epsilon}`;
  const svg = axes(`Subset sums of 1, 2, … ${rows} numbers`, xlabel, x, [-0.5, 0, 0.5], "± ε", rows);
  for (let row = 1; row <= rows; row += 1) {
    const top = rowAt(row, rows) - high, inside = all.slice(0, 2 ** row).filter((sum) => Math.abs(sum) <= HALF);
    const d = inside.map((sum) => `M${x(sum).toFixed(2)} ${top}v${2 * high}`).join("");
    const plain = { stroke: "currentColor", "stroke-width": 0.6, opacity: row < count ? 0.6 : 0.2 };
    svg.append(draw("path", { d, ...(row === count ? { stroke: BLUE, "stroke-width": 1.4 } : plain) }));
  }
  const y = rowAt(rows + 1, rows) - high;
  for (const [low, end] of near) {
    svg.append(draw("rect", { x: x(low), y, width: x(end) - x(low), height: 2 * high, fill: BLUE }));
  }
  const at = x(MILLION * target);
  svg.append(line([[at, TOP], [at, BOTTOM]], { "stroke-dasharray": "4 3" }));
  if (Math.abs(total) <= HALF) svg.append(draw("circle", { cx: x(total), cy: rowAt(count, rows), r: 3.5 }));
  return svg;
}

/** The numbers as bars, those of the best subset filled; below, their sum; a dashed line at w. */
function bars(numbers, { count, taken, target, total }) {
  const rows = numbers.length, high = 0.35 * (BOTTOM - TOP) / (rows + 1);
  const x = (value) => LEFT + (RIGHT - LEFT) * (value + 1.05 * MILLION) / (2.1 * MILLION);
  const svg = axes(`The best subset for w = ${signed(target, 2)}`, "number", x, [-1, 0, 1], "sum", rows);
  const bar = (row, value, look) => {
    const width = Math.abs(x(value) - x(0)), y = rowAt(row, rows) - high;
    svg.append(draw("rect", { x: Math.min(x(0), x(value)), y, width, height: 2 * high, ...look }));
  };
  numbers.forEach((value, i) => {
    const kept = taken.includes(i);
    bar(i + 1, value, kept ? { fill: BLUE } : { opacity: i < count ? 0.35 : 0.12 });
  });
  bar(rows + 1, total, {});
  const at = x(MILLION * target);
  svg.append(line([[at, TOP], [at, BOTTOM]], { "stroke-dasharray": "4 3" }));
  return svg;
}

/** Three sliders, two panels and the sentence; `model` has numbers, epsilons, count, epsilon and target. */
function render({ model, el }) {
  const numbers = model.get("numbers"), epsilons = model.get("epsilons"), all = allSums(numbers);
  const many = slider("Random numbers", (place) => choose(model, { count: place + 1 }));
  const near = slider("Tolerance", (place) => choose(model, { epsilon: epsilons[place] }));
  const aim = slider("Target", (place) => choose(model, { target: (place - 50) / 100 }));
  explore({ model, el }, ["count", "epsilon", "target"], [many, near, aim], () => {
    const [count, epsilon, target] = ["count", "epsilon", "target"].map((name) => model.get(name));
    const found = solve(numbers, count, epsilon, target);
    many.show(count - 1, numbers.length - 1, `N = ${count}`);
    near.show(epsilons.indexOf(epsilon), epsilons.length - 1, `ε = ${epsilon}`);
    aim.show(Math.round(100 * target) + 50, 100, `w = ${signed(target, 2)}`);
    return {
      words: reading(found),
      panels: [
        [ticks(numbers, all, found), `A tick for each subset sum, a row for each N; row ${count} is blue.`],
        [bars(numbers, found), "The numbers as bars, those of the best subset blue; a dashed line at w."],
      ],
    };
  });
}

const explorer = { render };
export default explorer;

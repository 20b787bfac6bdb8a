// Scales: which range of epochs and values is in sight, and the round numbers beside it.

/** About `count` round numbers between two values. */
export function ticksBetween(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].reduce((a, b) => (nearer(b * power, a * power, rough) ? b : a));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function nearer(a, b, aim) {
  return Math.abs(Math.log(a / aim)) < Math.abs(Math.log(b / aim));
}

/** Powers of ten between two values, with what lies between when they are few. */
export function logTicks(low, high, count) {
  const decades = Math.log10(high / low);
  const parts = decades > count ? [1] : decades > 1 ? [1, 3] : [1, 2, 5];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += every) {
    for (const part of parts) ticks.push(part * 10 ** power);
  }
  const seen = ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  return seen.length >= 2 ? seen : ticksBetween(low, high, count);
}

/** How far the axis of epochs reaches: doubling while it trains, so that it seldom moves, and exact when it ended. */
export function reach(end, epochs, going) {
  if (!going || !epochs || end >= epochs) return end || 1;
  let far = epochs;
  while (far > 1 && far / 2 >= end * 1.1) far /= 2;
  return Math.max(far, Math.min(1, epochs));
}

/** Least and greatest of what is drawn, with air around; on a logarithmic axis of the exponents. */
export function rangeOf(parts, from, to, logarithmic) {
  const seen = [];
  for (const { points: [xs, ys], counts } of parts) {
    if (counts) for (let i = 0; i < xs.length; i += 1) if (xs[i] >= from && xs[i] <= to && Number.isFinite(ys[i])) seen.push(ys[i]);
  }
  const usable = logarithmic ? seen.filter((y) => y > 0) : seen;
  if (!usable.length) return logarithmic ? [-1, 0] : [0, 1];
  usable.sort((a, b) => a - b);
  // A single spike must not press all else to the ground.
  const top = usable[Math.min(usable.length - 1, Math.floor(usable.length * 0.997))];
  if (logarithmic) return [Math.log10(usable[0]) - 0.04, Math.log10(Math.max(top, usable[0] * 1.05)) + 0.04];
  const air = (top - usable[0]) * 0.07 || Math.abs(top) * 0.1 || 0.1;
  const low = usable[0] >= 0 && usable[0] - air < (top - usable[0]) * 0.5 ? 0 : usable[0] - air;
  return [low, top + air];
}

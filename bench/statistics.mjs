/** The middle of these figures. */
export function median(figures) {
  const sorted = figures.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The figure below which this share of them lies, by the nearest rank. */
export function percentile(figures, share) {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN;
}

/** The middle one, the least and the greatest. */
export function spread(figures) {
  return { median: median(figures), least: Math.min(...figures), greatest: Math.max(...figures) };
}

// Plots of the last 15 minutes, by uPlot. Each has its latest figures beside it in words, for whoever can't see the picture.
import { ref } from './ref.js';
import { html, nothing } from './view.js';
import { state } from './state.js';
import { clock } from './text.js';

const charts = new Map();
const plotHeight = 170;
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const dark = matchMedia('(prefers-color-scheme: dark)');
// Colours are read when a chart is made.
dark.addEventListener('change', () => { charts.forEach(c => c.chart.destroy()); charts.clear(); });

/** Of a logarithmic scale, only 1, 10, 100 and so on. */
const powers = (_, values) => values.map(v => (v > 0 && Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6 ? v : null));

function axes(format, log) {
  const grid = { stroke: style('--line'), width: 1 };
  const font = '12px system-ui, sans-serif';
  return [
    { stroke: style('--muted'), grid: { show: false }, ticks: { show: false }, font, size: 26, space: 70, values: (_, all) => all.map(s => clock(s * 1000).slice(0, 5)) },
    { stroke: style('--muted'), grid: log ? { ...grid, filter: powers } : grid, ticks: { show: false }, font, size: 58, ...(log ? { filter: powers } : {}), values: (_, all) => all.map(v => (v === null || v === undefined ? '' : format(v))) },
  ];
}

/** The time during which a member's shards had no owner, as a red band through the plot. */
function failoverBands(chart) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = style('--bad');
  for (const f of state.activity.failovers.values()) {
    const [from, until] = [f.fromMs, f.untilMs ?? state.activity.nowMs].map(ms => chart.valToPos(ms / 1000, 'x', true));
    if (until < bbox.left || from > bbox.left + bbox.width) continue;
    ctx.globalAlpha = 0.25;
    ctx.fillRect(from, bbox.top, Math.max(2, until - from), bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, bbox.top, 2, bbox.height);
  }
  ctx.restore();
}

function make(place, { series, format, log, bars }) {
  return new uPlot({
    width: place.clientWidth || 300,
    height: plotHeight,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: log ? { distr: 3, range: (_, low, high) => [Math.min(low ?? 0.001, 0.0005), Math.max(high ?? 0.01, 0.01) * 1.2] } : { range: (_, __, high) => [0, Math.max(high || 0, 1) * 1.15] },
    },
    axes: axes(format, log),
    series: [{}, ...series.map(s => ({
      label: s.label, stroke: style(s.color), width: 2, dash: s.dash, spanGaps: false,
      fill: series.length === 1 && !bars ? `${style(s.color)}22` : undefined,
      points: { show: bars ?? false, size: 9, fill: style(s.color) },
      paths: bars ? () => null : undefined,
    }))],
    hooks: { drawClear: [failoverBands] },
  }, [[], ...series.map(() => [])], place);
}

/** id, title, series: [{ label, color, dash, values, now }], xs: seconds, format(value). */
export function plot(spec) {
  return html`<figure class="plot">
    <figcaption><span class="plot-title">${spec.title}</span>${spec.extra ?? nothing}
      <ul class="legend">${spec.series.map(s => html`<li><span class="line-mark ${s.mark}" aria-hidden="true"></span>${s.label} <b>${s.now}</b></li>`)}</ul></figcaption>
    <div class="canvas" role="img" aria-label="${spec.title} over the last 15 minutes: ${spec.series.map(s => `${s.label} ${s.now}`).join(', ') || 'nothing yet'}" ${ref(element => fill(element, spec))}></div>
  </figure>`;
}

function fill(place, spec) {
  const shape = spec.series.map(s => s.color).join();
  let there = charts.get(spec.id);
  if (there && (there.place !== place || there.shape !== shape)) {
    there.chart.destroy();
    there = null;
  }
  if (!there) {
    there = { place, shape, chart: make(place, spec) };
    charts.set(spec.id, there);
    new ResizeObserver(() => charts.get(spec.id)?.place === place && place.clientWidth > 0 && there.chart.setSize({ width: place.clientWidth, height: plotHeight })).observe(place);
  }
  const now = state.activity.nowMs / 1000;
  there.chart.batch(() => {
    there.chart.setData([spec.xs, ...spec.series.map(s => s.values)], false);
    there.chart.setScale('x', { min: now - 900, max: now });
  });
}

import { html, nothing, section, table, node, badge } from '../view.js';
import { state, closedSlots } from '../state.js';
import { plot } from '../plots.js';
import { duration, number, plural, short, tick } from '../text.js';

function nodes() {
  return table({
    label: 'Nodes and their database', rows: state.activity.nodes, key: n => n.incarnation || n.address, empty: 'No node has answered yet.',
    rowClass: n => (n.ready ? '' : 'lost'),
    columns: [
      { title: 'Node', cell: n => (n.address ? node(n.address) : 'this node, not started yet') },
      { title: 'Ready', cell: n => (n.ready ? badge('good', 'Ready') : badge('bad', 'Not ready')) },
      { title: 'Why not', wide: true, cell: n => n.reasons.join('; ') || '–' },
      { title: 'Lease', wide: true, cell: n => (n.leaseFailure ? html`<span class="bad-text">not renewed: ${n.leaseFailure}</span>` : 'renewed') },
      { title: 'Storage', cell: n => n.storage },
    ],
  });
}

export const journal = {
  title: 'Journal',
  draw: () => {
    const slots = closedSlots();
    const size = state.activity.slotSeconds;
    const xs = slots.map(([at]) => at + size);
    const writes = slots.map(([, s]) => s?.kinds.journal);
    const last = writes[writes.length - 1];
    const failed = writes.reduce((sum, w) => sum + (w?.failed ?? 0), 0);
    return html`
      ${section('Writing', html`
        <p class=${failed ? 'notice bad' : 'notice good'}>${failed ? `${plural(failed, 'write')} of the last 15 minutes ${failed === 1 ? 'was' : 'were'} not confirmed: whoever waited for them was told that the outcome is unknown.` : 'Every write of the last 15 minutes was confirmed.'}</p>
        <div class="plots">
          ${plot({ id: 'writes', title: 'Writes per second', xs, format: number, series: [
            { label: 'confirmed', color: '--c0', mark: 'm0', values: writes.map(w => (w?.done ?? 0) / size), now: number((last?.done ?? 0) / size) },
            { label: 'not confirmed', color: '--bad', mark: 'm-bad', values: writes.map(w => (w?.failed ?? 0) / size), now: number((last?.failed ?? 0) / size) }] })}
          ${plot({ id: 'write-latency', title: 'Until it is durable', xs, format: tick, log: true, series:
            [{ label: 'median', color: '--c0', mark: 'm0', key: 'p50' }, { label: '99th percentile', color: '--c3', mark: 'm3', key: 'p99' }, { label: 'longest', color: '--muted', mark: 'm-muted', key: 'max', dash: [3, 3] }]
              .map(s => ({ ...s, values: writes.map(w => w?.[s.key] ?? null), now: duration(last?.[s.key]) })) })}
        </div>`)}
      ${section('The nodes and their database', html`${nodes()}${state.activity.silent.length ? html`<p class="key">No answer from ${state.activity.silent.map(short).join(', ')}.</p>` : nothing}`)}`;
  },
};

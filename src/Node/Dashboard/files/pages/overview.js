import { html, nothing, section, table, node, badge } from '../view.js';
import { state, closedSlots, colorOf, isUnreachable, membersAndGone, rateOf, servingNode } from '../state.js';
import { ring, moveGroups, ranges } from '../ring.js';
import { plot } from '../plots.js';
import { post, inPath } from '../api.js';
import { confirm } from '../dialog.js';
import { ago, clock, duration, number, plural, short, spell, tick } from '../text.js';

const kinds = [
  { kind: 'locks', color: '--c0', mark: 'm0' }, { kind: 'keys', color: '--c1', mark: 'm1' }, { kind: 'transactions', color: '--c2', mark: 'm2' },
  { kind: 'sessions', color: '--c3', mark: 'm3' }, { kind: 'eventual', color: '--c4', mark: 'm4' },
];
let latencyOf = 'all';

/** The sentence that an operator reads first. */
export function verdict() {
  const { cluster, ring: shards, trouble, activity } = state;
  if (trouble?.status === 503) return { kind: 'bad', text: 'This node is not in the cluster', more: trouble.message };
  if (trouble) return { kind: 'bad', text: 'This node does not answer', more: trouble.message };
  if (!cluster) return { kind: 'quiet', text: 'Asking this node…', more: '' };
  const { members, gone } = membersAndGone();
  const lost = (shards?.shards ?? []).filter(s => !s.allocated).length;
  const unreachable = cluster.unreachable ?? [];
  const notReady = activity.nodes.filter(n => !n.ready);
  const names = notReady.map(n => short(n.address) || 'this node').join(', ');
  const downed = gone.filter(g => g.downed);
  const up = members.filter(m => m.status === 'Up').length;
  if (unreachable.length) return { kind: 'bad', text: `${unreachable.map(short).join(', ')} ${unreachable.length === 1 ? 'is' : 'are'} unreachable`, more: lost ? `${plural(lost, 'shard')} without an owner` : 'every shard has an owner' };
  if (state.ringTrouble) return { kind: 'bad', text: notReady.length ? `${names} not ready` : 'Who owns the shards is not known', more: notReady[0]?.reasons.join('; ') || state.ringTrouble.message };
  if (lost) return { kind: 'bad', text: `${plural(lost, 'shard')} without an owner`, more: 'what they hold waits' };
  if (notReady.length) return { kind: 'warn', text: `${names} not ready`, more: notReady[0].reasons.join('; ') };
  if (up < members.length) return { kind: 'warn', text: `${members.filter(m => m.status !== 'Up').map(m => `${short(m.address)} is ${m.status.toLowerCase()}`).join(', ')}`, more: 'every shard has an owner' };
  if (downed.length) return { kind: 'warn', text: `Whole again without ${downed.map(g => short(g.address)).join(', ')}`, more: `${plural(up, 'member')} up, every shard has an owner` };
  return { kind: 'good', text: 'All is well', more: `${plural(up, 'member')} up, every shard has an owner` };
}

function stateOf(row) {
  if (row.goneMs) return badge(row.downed ? 'bad' : 'quiet', row.downed ? 'Taken out' : 'Left');
  if (isUnreachable(row.address)) return badge('bad', 'Unreachable');
  const told = state.activity.nodes.find(n => n.address === row.address);
  if (row.status !== 'Up') return badge('warn', row.status);
  return html`${badge('good', row.status)}${told && !told.ready ? html` ${badge('warn', 'Not ready')}<span class="why">${told.reasons.join('; ')}</span>` : nothing}`;
}

async function change(member, verb) {
  const down = verb === 'down';
  await confirm({
    title: down ? `Take ${short(member.address)} out?` : `Ask ${short(member.address)} to leave?`,
    text: down
      ? 'For a node that can’t be asked any more. It is fenced, so that it can answer nothing, and its shards go to the others. A node that lives comes back by itself.'
      : 'It hands its shards over, one after the other, and then its process ends.',
    action: down ? 'Take out' : 'Leave',
    perform: () => post(`v1/cluster/nodes/${inPath(member.address)}:${verb}`, {}),
  });
}

/** For who hears the buttons without seeing their row. */
const of = row => html`<span class="hidden"> ${short(row.address)}</span>`;

function members() {
  const { members: rows, gone } = membersAndGone();
  const now = state.activity.nowMs;
  return section('Members', table({
    label: 'Members',
    key: r => r.incarnation,
    rowClass: r => (isUnreachable(r.address) || r.downed ? 'lost' : r.goneMs ? 'past' : ''),
    rows: [...rows, ...gone.map(g => ({ address: g.address, incarnation: g.incarnation, goneMs: g.atMs, downed: g.downed }))],
    empty: 'No members are known.',
    columns: [
      { title: 'Node', wide: true, cell: r => html`<button type="button" class="plain" aria-pressed=${state.selected === r.address} title="Show its shards alone" @click=${() => select(r.address)}>${node(r.address)}</button>
        ${r.address === state.cluster?.leader ? badge('quiet', 'leader') : nothing}${r.address === servingNode() ? badge('quiet', 'this page') : nothing}` },
      { title: 'State', cell: stateOf },
      { title: 'Shards', number: true, cell: r => (r.goneMs ? '–' : html`<span data-field="shards">${r.shards ?? 0}</span>`) },
      { title: 'Calls/s', number: true, cell: r => (r.goneMs ? '–' : number(rateOf(r.address))) },
      { title: 'Lease', number: true, cell: r => (r.goneMs ? '–' : html`<span class=${(r.leaseSeconds ?? 0) > 0 ? '' : 'bad-text'}>${(r.leaseSeconds ?? 0) > 0 ? duration(r.leaseSeconds) : 'run out'}</span>`) },
      { title: 'Up for', number: true, cell: r => (r.goneMs ? ago(r.goneMs, now) : spell(r.uptimeSeconds ?? 0)) },
      { title: 'Version', cell: r => r.version ?? '–' },
      { title: '', cell: r => (r.goneMs ? nothing : html`<span class="row-actions">
        ${r.http ? html`<a href=${`${r.http}/`}>Open${of(r)}</a>` : nothing}
        <button type="button" class="small" @click=${() => change(r, 'leave')}>Leave…${of(r)}</button>
        <button type="button" class="small" @click=${() => change(r, 'down')}>Take out…${of(r)}</button></span>`) },
    ],
  }));
}

function select(address) {
  state.selected = state.selected === address ? null : address;
  state.draw();
}

function movesList() {
  const now = state.activity.nowMs;
  const groups = moveGroups().slice(0, 4);
  return html`<div class="moves"><h3>What moved</h3>
    ${groups.length === 0 ? html`<p class="empty">No shard has moved in the last 15 minutes.</p>` : html`<ol>${groups.map(g => html`<li>
      <span class="when"><time datetime=${new Date(g.fromMs).toISOString()}>${clock(g.fromMs)}</time> · ${ago(g.untilMs, now)}</span>
      <b>${plural(g.moves.length, 'shard')}</b>${g.untilMs > g.fromMs ? html` in ${duration((g.untilMs - g.fromMs) / 1000)}` : nothing}
      <ul>${g.ways.map(w => html`<li>${number(w.count)}: ${w.from ? html`${node(w.from)} <span aria-hidden="true">→</span><span class="hidden">to</span> ` : 'taken by '}${node(w.to)}</li>`)}</ul></li>`)}</ol>`}
    ${state.selected ? html`<p class="key"><b>${short(state.selected)}</b> has the shards ${ranges(state.selected) || 'none'}. <button type="button" class="small" @click=${() => select(state.selected)}>Show all</button></p>` : nothing}
  </div>`;
}

function plots() {
  const slots = closedSlots();
  const size = state.activity.slotSeconds;
  const xs = slots.map(([at]) => at + size);
  const [, last] = slots[slots.length - 1];
  const used = kinds.filter(k => slots.some(([, s]) => s?.kinds[k.kind]));
  const calls = t => (t ? t.done + t.refused + t.failed : 0);
  const shownKind = latencyOf === 'all' || used.some(k => k.kind === latencyOf) ? latencyOf : 'all';
  const timed = slots.map(([, s]) => s?.kinds[shownKind]);
  const failovers = [...state.activity.failovers.values()].sort((a, b) => a.fromMs - b.fromMs);
  const lastFailover = failovers[failovers.length - 1];
  return html`<div class="plots stacked">
    ${plot({ id: 'calls', title: 'Calls per second', xs, format: number, series: (used.length ? used : kinds.slice(0, 1)).map(k => ({
      label: k.kind, color: k.color, mark: k.mark, values: slots.map(([, s]) => calls(s?.kinds[k.kind]) / size), now: number(calls(last?.kinds[k.kind]) / size) })) })}
    ${plot({ id: 'latency', title: 'Latency', xs, format: tick, log: true,
      extra: html`<label class="inline"><span class="hidden">Latency of</span><select @change=${e => { latencyOf = e.target.value; state.draw(); }}>
        ${['all', ...used.map(k => k.kind)].map(k => html`<option value=${k} ?selected=${k === shownKind}>${k === 'all' ? 'all calls' : k}</option>`)}</select></label>`,
      series: [{ label: 'median', color: '--c0', mark: 'm0', key: 'p50' }, { label: '99th percentile', color: '--c3', mark: 'm3', key: 'p99' }, { label: 'longest', color: '--muted', mark: 'm-muted', key: 'max', dash: [3, 3] }]
        .map(s => ({ ...s, values: timed.map(t => t?.[s.key] ?? null), now: duration(timed[timed.length - 1]?.[s.key]) })) })}
    ${plot({ id: 'failovers', title: 'Failovers', bars: true, format: tick, xs: failovers.map(f => f.fromMs / 1000),
      series: [{ label: lastFailover ? `the last: ${short(lastFailover.address)}, ${plural(lastFailover.shards, 'shard')}, ${ago(lastFailover.fromMs, state.activity.nowMs)},${lastFailover.untilMs ? ' took' : ''}` : 'none in the last 15 minutes', color: '--bad', mark: 'm-bad',
        values: failovers.map(f => ((f.untilMs ?? state.activity.nowMs) - f.fromMs) / 1000),
        now: lastFailover ? (lastFailover.untilMs ? duration((lastFailover.untilMs - lastFailover.fromMs) / 1000) : 'not over yet') : '' }] })}
  </div>
  ${state.activity.silent.length ? html`<p class="key">Without the figures of ${state.activity.silent.map(short).join(', ')}, which did not answer.</p>` : nothing}`;
}

export const overview = {
  title: 'Overview',
  draw: () => html`
    ${members()}
    <div class="two">
      ${section('Ring', html`<div class="ring-box">${ring()}
        <ul class="ring-legend">${(state.cluster?.members ?? []).map(m => html`<li>${node(m.address)} <b>${m.shards ?? 0}</b></li>`)}</ul></div>${movesList()}`)}
      ${section('The last 15 minutes', plots())}
    </div>`,
};

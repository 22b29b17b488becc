import { html, section, node, repeat } from '../view.js';
import { state } from '../state.js';
import { ago, clock } from '../text.js';

const page = { level: 'info', text: '', shown: 200 };
const ranks = { info: 0, warning: 1, error: 2 };

export const events = {
  title: 'Events',
  draw: () => {
    const all = [...state.activity.events.values()].sort((a, b) => b.atMs - a.atMs);
    const wanted = all.filter(e => ranks[e.level] >= ranks[page.level] && (e.text + e.node).toLowerCase().includes(page.text.toLowerCase()));
    return section('Events', html`
      <div class="filters">
        <div><label for="event-text">Text</label><input id="event-text" type="text" autocomplete="off" .value=${page.text} @input=${e => { page.text = e.target.value; state.draw(); }}></div>
        <div><label for="event-level">At least</label><select id="event-level" @change=${e => { page.level = e.target.value; state.draw(); }}>
          ${[['info', 'all'], ['warning', 'warnings'], ['error', 'errors']].map(([v, t]) => html`<option value=${v} ?selected=${v === page.level}>${t}</option>`)}</select></div>
      </div>
      ${wanted.length === 0 ? html`<p class="empty">No event like this is remembered.</p>` : html`<ol class="events">${repeat(wanted.slice(0, page.shown), e => e.id, e => html`<li class=${e.level}>
        <time datetime=${new Date(e.atMs).toISOString()} title=${new Date(e.atMs).toISOString()}>${clock(e.atMs)}</time>
        <span class="level">${e.level}</span>
        <span class="event-text">${e.text}${e.count > 1 ? html` <b>× ${e.count}</b>` : ''}</span>
        <span class="from">${e.node ? node(e.node) : ''} <span class="muted">${ago(e.atMs, state.activity.nowMs)}</span></span></li>`)}</ol>`}
      ${wanted.length > page.shown ? html`<p class="more"><button type="button" @click=${() => { page.shown += 200; state.draw(); }}>Show more</button></p>` : ''}
      <p class="key">What the nodes say in their logs, the last 500 events of each, and what became of members. In memory only: a process that ends takes its events with it, the log file stays.</p>`);
  },
};

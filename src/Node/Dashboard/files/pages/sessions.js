import { html, nothing, section, table, search, problem, lastRead } from '../view.js';
import { get, remove, inPath, query } from '../api.js';
import { confirm } from '../dialog.js';
import { duration } from '../text.js';
import { answerOf } from '../below.js';
import { state } from '../state.js';

const pageSize = 100;
const page = { sessions: [], next: '', error: null, readMs: 0, open: new Map() };
const one = { id: '', session: null, error: null };

async function refresh() {
  try {
    const answer = await get(`v1/sessions${query({ limit: Math.max(pageSize, Math.min(1000, page.sessions.length)) })}`);
    [page.sessions, page.next, page.error, page.readMs] = [answer.sessions ?? [], answer.next ?? '', null, Date.now()];
  } catch (e) {
    page.error = e;
  }
  if (one.id) await lookUp();
  const shown = new Set([...page.sessions.map(s => s.sessionId), one.id]);
  for (const id of [...page.open.keys()]) shown.has(id) ? await openOne(id) : page.open.delete(id);
}

async function more() {
  try {
    const answer = await get(`v1/sessions${query({ after: page.next, limit: pageSize })}`);
    page.sessions = [...page.sessions, ...(answer.sessions ?? [])];
    page.next = answer.next ?? '';
  } catch (e) {
    page.error = e;
  }
  state.draw();
}

async function lookUp() {
  try {
    [one.session, one.error] = [await get(`v1/sessions/${inPath(one.id)}`), null];
  } catch (e) {
    [one.session, one.error] = [null, e];
  }
}

async function openOne(id) {
  page.open.set(id, await answerOf(`v1/sessions/${inPath(id)}`));
}

async function toggle(id) {
  if (page.open.has(id)) page.open.delete(id);
  else await openOne(id);
  state.draw();
}

async function close(session) {
  await confirm({
    title: `Close the session ${session.label || session.sessionId}?`,
    text: 'All that it holds is released, and the keys that are bound to it are deleted. Its client learns of it with its next keepalive.',
    action: 'Close the session',
    perform: () => remove(`v1/sessions/${inPath(session.sessionId)}`),
  });
  await refresh();
  state.draw();
}

function locksOf(session) {
  if (session.error) return problem(session.error, 'read this session');
  const names = session.locks ?? [];
  return html`<div class="inside">${names.length ? html`<p>Holds or waits for:</p><ul class="plain-list">${names.map(n => html`<li><code>${n}</code></li>`)}</ul>` : html`<p class="empty">It holds no lock, and waits for none.</p>`}</div>`;
}

const sessionsTable = (label, rows, empty) => table({
  label, rows, key: s => s.sessionId, empty,
  below: s => (page.open.has(s.sessionId) ? locksOf(page.open.get(s.sessionId)) : null),
  columns: [
    { title: 'Session', wide: true, cell: s => html`<button type="button" class="plain" aria-expanded=${page.open.has(s.sessionId)} @click=${() => toggle(s.sessionId)}><span class="arrow" aria-hidden="true">${page.open.has(s.sessionId) ? '▾' : '▸'}</span><code>${s.sessionId}</code></button>` },
    { title: 'Label', cell: s => s.label || html`<span class="muted">–</span>` },
    { title: 'Time to live', number: true, cell: s => duration(s.ttlSeconds ?? 0) },
    { title: 'Remaining', number: true, cell: s => html`<span class=${(s.remainingSeconds ?? 0) < (s.ttlSeconds ?? 0) / 3 ? 'bad-text' : ''}>${duration(s.remainingSeconds ?? 0)}</span>` },
    { title: '', cell: s => html`<button type="button" class="small" @click=${() => close(s)}>Close…<span class="hidden"> ${s.label || s.sessionId}</span></button>` },
  ],
});

export const sessions = {
  title: 'Sessions',
  refresh,
  draw: () => html`
    ${section('Living sessions', html`
      ${problem(page.error, 'list sessions')}
      ${lastRead(page, () => sessionsTable('Sessions', page.sessions, 'No session lives.'))}
      ${page.next ? html`<p class="more"><button type="button" @click=${more}>Show more</button></p>` : nothing}`)}
    ${section('One session', html`
      ${search({ id: 'session-id', label: 'Its id', value: one.id, button: 'Look up', onSearch: async text => { one.id = text; if (text) { await lookUp(); await openOne(text); } else [one.session, one.error] = [null, null]; state.draw(); } })}
      ${problem(one.error, 'look this session up')}
      ${one.session ? sessionsTable('Session', [one.session], '') : nothing}`)}`,
};

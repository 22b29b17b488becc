import { html, nothing, section, table, search, problem, badge, lastRead } from '../view.js';
import { get, post, inPath, query, requestId } from '../api.js';
import { confirm } from '../dialog.js';
import { duration, plural } from '../text.js';
import { state } from '../state.js';

const pageSize = 100;
const page = { prefix: '', locks: [], next: '', error: null, readMs: 0, open: new Set() };
const exact = { name: '', lock: null, error: null };

async function refresh() {
  try {
    const wanted = Math.max(pageSize, Math.min(1000, page.locks.length));
    const answer = await get(`v1/locks${query({ prefix: page.prefix, limit: wanted })}`);
    [page.locks, page.next, page.error, page.readMs] = [answer.locks ?? [], answer.next ?? '', null, Date.now()];
  } catch (e) {
    page.error = e;
  }
  if (exact.name) await lookUp();
}

async function more() {
  try {
    const answer = await get(`v1/locks${query({ prefix: page.prefix, after: page.next, limit: pageSize })}`);
    page.locks = [...page.locks, ...(answer.locks ?? [])];
    page.next = answer.next ?? '';
  } catch (e) {
    page.error = e;
  }
  state.draw();
}

async function lookUp() {
  try {
    [exact.lock, exact.error] = [await get(`v1/locks/${inPath(exact.name)}`), null];
  } catch (e) {
    [exact.lock, exact.error] = [null, e];
  }
}

async function force(lock, holder) {
  const all = lock.holders ?? [];
  const whom = h => h.label || h.holderId || h.sessionId;
  // Each by its fence: who has got the lock since it was drawn is not whom this is about.
  const holdings = holder ? [holder] : all;
  let asked = { reason: null, ids: [], attempt: 0 };
  const end = async reason => {
    // Another reason makes it another request; the same one again is a repeat, whatever became of the first.
    if (asked.reason !== reason) asked = { reason, ids: holdings.map(requestId), attempt: 0 };
    asked.attempt++;
    let gone = null;
    for (const [i, h] of holdings.entries()) {
      try {
        await post(`v1/locks/${inPath(lock.name)}:forceRelease`, { reason, fence: String(h.fence), requestId: asked.ids[i], attempt: asked.attempt });
      } catch (e) {
        // Of several, one that has gone by itself is as it should be.
        if (e.code !== 'FENCE_STALE') throw e;
        gone = e;
      }
    }
    if (gone && holdings.length === 1) throw gone;
  };
  const done = await confirm({
    title: `Release ${lock.name} by force?`,
    text: html`<p>${holder ? html`The holding of <b>${whom(holder)}</b> (fence ${holder.fence}) ends` : html`${plural(all.length, 'holding')} (${all.map(whom).join(', ')}) ${all.length === 1 ? 'ends' : 'end'}`}, and the next in the queue gets the lock.
      The holder is not stopped: it learns of it with its next keepalive, and only what checks the fence is safe from it until then.</p>`,
    ask: 'Why? It goes into the journal and the event log.',
    action: 'Release by force',
    perform: end,
  });
  if (done) await refresh();
  state.draw();
}

const toggle = name => { page.open.has(name) ? page.open.delete(name) : page.open.add(name); state.draw(); };
const who = h => html`<span class="who">${h.label ? html`<b>${h.label}</b> ` : nothing}<code>${h.sessionId}</code></span>`;

function inside(lock) {
  return html`<div class="inside">
    ${table({ label: `Holders of ${lock.name}`, rows: lock.holders ?? [], key: h => h.fence, empty: 'Nobody holds it.', columns: [
      { title: 'Holder', cell: who }, { title: 'Holder id', cell: h => html`<code>${h.holderId}</code>` }, { title: 'Mode', cell: h => h.mode ?? 'exclusive' },
      { title: 'Fence', number: true, cell: h => h.fence }, { title: 'Held for', number: true, cell: h => duration(h.heldSeconds ?? 0) },
      { title: '', cell: h => ((lock.holders ?? []).length > 1 ? html`<button type="button" class="small" @click=${() => force(lock, h)}>Force-release…<span class="hidden"> fence ${h.fence} of ${lock.name}</span></button>` : nothing) },
    ] })}
    ${table({ label: `Waiters for ${lock.name}`, rows: lock.waiters ?? [], key: w => w.position, empty: 'Nobody waits.', columns: [
      { title: 'Place', number: true, cell: w => w.position }, { title: 'Waiter', cell: who }, { title: 'Mode', cell: w => w.mode ?? 'exclusive' },
      { title: 'Waiting for', number: true, cell: w => duration(w.waitingSeconds ?? 0) },
    ] })}</div>`;
}

const locksTable = (label, locks, empty) => table({
  label, rows: locks, key: l => l.name, empty,
  below: l => (page.open.has(l.name) ? inside(l) : null),
  columns: [
    { title: 'Lock', wide: true, cell: l => html`<button type="button" class="plain" aria-expanded=${page.open.has(l.name)} @click=${() => toggle(l.name)}><span class="arrow" aria-hidden="true">${page.open.has(l.name) ? '▾' : '▸'}</span><code class="lock-name">${l.name}</code></button>` },
    { title: 'Held by', wide: true, cell: l => {
      const holders = l.holders ?? [];
      return holders.length === 0 ? html`<span class="muted">nobody</span>` : html`${who(holders[0])}${holders.length > 1 ? html` <span class="muted">and ${holders.length - 1} more</span>` : nothing}`;
    } },
    { title: 'Mode', cell: l => l.holders?.[0]?.mode ?? '–' },
    { title: 'Held for', number: true, cell: l => (l.holders?.length ? duration(Math.max(...l.holders.map(h => h.heldSeconds ?? 0))) : '–') },
    { title: 'Waiters', number: true, cell: l => (l.waiters?.length ? badge('warn', l.waiters.length) : '0') },
    { title: 'Longest wait', number: true, cell: l => (l.waiters?.length ? duration(Math.max(...l.waiters.map(w => w.waitingSeconds ?? 0))) : '–') },
    { title: 'Fence', number: true, cell: l => html`<span data-field="fence">${l.lastFence ?? '0'}</span>` },
    { title: '', cell: l => (l.holders?.length ? html`<button type="button" class="small" @click=${() => force(l)}>Force-release…<span class="hidden"> ${l.name}</span></button>` : nothing) },
  ],
});

export const locks = {
  title: 'Locks',
  refresh,
  draw: () => html`
    ${section('Held or waited for', html`
      ${search({ id: 'lock-prefix', label: 'Names that begin with', value: page.prefix, hint: 'all', onSearch: async text => { page.prefix = text; [page.locks, page.next, page.readMs] = [[], '', 0]; await refresh(); state.draw(); } })}
      ${problem(page.error, 'list locks')}
      ${lastRead(page, () => locksTable('Locks', page.locks, page.prefix ? `No lock that begins with ${page.prefix} is held or waited for.` : 'No lock is held or waited for.'))}
      ${page.next ? html`<p class="more"><button type="button" @click=${more}>Show more</button></p>` : nothing}`)}
    ${section('One lock', html`
      ${search({ id: 'lock-name', label: 'Its whole name', value: exact.name, button: 'Look up', onSearch: async text => { exact.name = text; if (text) { page.open.add(text); await lookUp(); } else [exact.lock, exact.error] = [null, null]; state.draw(); } })}
      ${problem(exact.error, 'look this lock up')}
      ${exact.lock ? locksTable('Lock', [exact.lock], '') : nothing}`)}`,
};

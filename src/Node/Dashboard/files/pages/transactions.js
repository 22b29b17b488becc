import { html, nothing, section, table, search, problem, badge, lastRead } from '../view.js';
import { get, post, inPath, query } from '../api.js';
import { confirm } from '../dialog.js';
import { duration } from '../text.js';
import { state } from '../state.js';

const page = { transactions: [], more: false, error: null, readMs: 0 };
const one = { id: '', status: null, error: null };
// Deadlines are 60 s at most: what is older can't go on by itself.
const longSeconds = 60;

async function refresh() {
  try {
    const answer = await get(`v1/transactions${query({ state: 'inDoubt', limit: 200 })}`);
    [page.transactions, page.more, page.error, page.readMs] = [answer.transactions ?? [], answer.more ?? false, null, Date.now()];
  } catch (e) {
    page.error = e;
  }
}

async function lookUp() {
  try {
    [one.status, one.error] = [await get(`v1/transactions/${inPath(one.id)}`), null];
  } catch (e) {
    [one.status, one.error] = [null, e];
  }
}

async function resolve(id) {
  let status = null;
  await confirm({
    title: `Resolve ${id}?`,
    text: 'Its coordinator is asked what became of it. One that was never heard of is aborted for good, so that its client can’t run it later. One that is decided stays as it is.',
    action: 'Resolve',
    perform: async () => { status = await post(`v1/transactions/${inPath(id)}:resolve`, {}); },
  });
  if (status) [one.id, one.status, one.error] = [id, status, null];
  await refresh();
  state.draw();
}

const outcome = o => badge(o === 'COMMITTED' ? 'good' : o === 'ABORTED' ? 'quiet' : o === 'IN_PROGRESS' ? 'warn' : 'quiet', o === 'IN_PROGRESS' ? 'in progress' : (o ?? 'UNKNOWN').toLowerCase());
const entities = list => html`<ul class="plain-list">${(list ?? []).slice(0, 6).map(e => html`<li><code>${e}</code></li>`)}${(list ?? []).length > 6 ? html`<li class="muted">and ${list.length - 6} more</li>` : nothing}</ul>`;
const resolveButton = id => html`<button type="button" class="small" @click=${() => resolve(id)}>Resolve…<span class="hidden"> ${id}</span></button>`;

export const transactions = {
  title: 'Transactions',
  refresh,
  draw: () => html`
    ${section('In flight and in doubt', html`
      <p class="key">Begun and not decided yet, or decided and not known to every participant; the oldest first. They come and go within milliseconds: one that stays says by “waiting for” whose answer is missing.</p>
      ${problem(page.error, 'list transactions')}
      ${lastRead(page, () => table({
        label: 'Open transactions', rows: page.transactions, key: t => t.transactionId, empty: 'No transaction is open.',
        rowClass: t => ((t.ageSeconds ?? 0) > longSeconds ? 'lost' : ''),
        columns: [
          { title: 'Transaction', wide: true, cell: t => html`<code>${t.transactionId}</code>` },
          { title: 'Outcome', cell: t => outcome(t.outcome) },
          { title: 'Age', number: true, cell: t => duration(t.ageSeconds ?? 0) },
          { title: 'Attempt', number: true, cell: t => t.attempt ?? 1 },
          { title: 'Participants', cell: t => entities(t.participants) },
          { title: 'Waiting for', cell: t => ((t.waitingFor ?? []).length ? entities(t.waitingFor) : html`<span class="muted">nobody</span>`) },
          { title: '', cell: t => resolveButton(t.transactionId) },
        ],
      }))}
      ${page.more ? html`<p class="key">There are more than these.</p>` : nothing}`)}
    ${section('One transaction', html`
      ${search({ id: 'txn-id', label: 'Its id', value: one.id, button: 'Look up', onSearch: async text => { one.id = text; if (text) await lookUp(); else [one.status, one.error] = [null, null]; state.draw(); } })}
      ${problem(one.error, 'look this transaction up')}
      ${one.status ? html`<p class="found"><code>${one.status.transactionId}</code> ${outcome(one.status.outcome)} ${['COMMITTED', 'ABORTED'].includes(one.status.outcome) ? nothing : resolveButton(one.status.transactionId)}</p>` : nothing}`)}`,
};

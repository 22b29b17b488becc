// Pieces that several pages are made of.
import { html, nothing } from './vendor/lit-html/lit-html.js';
import { repeat } from './vendor/lit-html/directives/repeat.js';
import { colorOf } from './state.js';
import { short, spell } from './text.js';

export { html, nothing, repeat };

/**
 * A table that becomes a list of cards on a narrow screen. The roles say that it is a table even then.
 * columns: { title, cell(row), number, wide }; below(row): another row under a row that is open.
 */
export function table({ label, columns, rows, key, rowClass = () => '', below, empty }) {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<table role="table" aria-label=${label}>
    <thead role="rowgroup"><tr role="row">${columns.map(c => html`<th role="columnheader" scope="col" class=${c.number ? 'number' : ''}>${c.title || html`<span class="hidden">Actions</span>`}</th>`)}</tr></thead>
    <tbody role="rowgroup">${repeat(rows, key, row => html`
      <tr role="row" class=${rowClass(row)} data-key=${key(row)}>${columns.map(c => html`<td role="cell" class="${c.number ? 'number' : ''} ${c.wide ? 'wide' : ''} ${c.title ? '' : 'actions'}" data-label=${c.title}>${c.cell(row)}</td>`)}</tr>
      ${below?.(row) ? html`<tr role="row" class="below"><td role="cell" colspan=${columns.length}>${below(row)}</td></tr>` : nothing}`)}
    </tbody></table>`;
}

/** A node: its colour and its name. */
export const node = address => address ? html`<span class="node"><span class="swatch ${colorOf(address)}" aria-hidden="true"></span><span class="name">${short(address)}</span></span>` : html`<span class="muted">nobody</span>`;

export const badge = (kind, text) => html`<span class="badge ${kind}">${text}</span>`;

export const section = (title, content, extra = nothing) => html`<section class="panel"><div class="panel-head"><h2>${title}</h2>${extra}</div>${content}</section>`;

/** What a failed question says, plainly. */
export function problem(error, what) {
  if (!error) return nothing;
  if (error.missing) return html`<p class="notice">This version of the node can't ${what} yet (${error.status} from its API).</p>`;
  return html`<p class="notice bad" role="alert">${what ? `Could not ${what}: ` : ''}${error.message}${error.code && error.status ? ` (${error.code})` : ''}</p>`;
}

/** The rows that were read last, if any were; where the next reading failed, marked as old. */
export const lastRead = ({ error, readMs }, rows) => readMs
  ? html`<div class=${error ? 'old' : ''}>${error ? html`<p class="key">As of ${spell((Date.now() - readMs) / 1000)} ago:</p>` : nothing}${rows()}</div>`
  : nothing;

/** A search box that asks when it is sent. */
export const search = ({ id, label, value, hint, button = 'Search', onSearch }) => html`
  <form class="search" role="search" @submit=${e => { e.preventDefault(); onSearch(new FormData(e.target).get('text').trim()); }}>
    <label for=${id}>${label}</label>
    <div class="line"><input id=${id} name="text" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" .value=${value} placeholder=${hint ?? ''}><button type="submit">${button}</button></div>
  </form>`;

// The node's own JSON API, and nothing else: what the dashboard shows equals what the API says.

/** A refusal or a failure, as the API's body says it. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** This version of the node does not have the route. */
  get missing() {
    return this.status === 501 || this.status === 405 || (this.status === 404 && /no route/.test(this.message));
  }
}

const patienceMs = 8000;

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(patienceMs),
    });
  } catch (e) {
    throw new ApiError(0, 'NO_ANSWER', e.name === 'TimeoutError' ? `no answer within ${patienceMs / 1000} s` : 'the node does not answer');
  }
  const text = await response.text();
  let answer;
  try {
    answer = text ? JSON.parse(text) : {};
  } catch {
    throw new ApiError(response.status, 'NOT_JSON', 'the answer is not JSON: is something between you and the node?');
  }
  if (!response.ok) throw new ApiError(response.status, answer.code ?? '', answer.message ?? `HTTP ${response.status}`);
  return { answer, ringVersion: response.headers.get('akkaha-ring-version') };
}

export const getWithVersion = path => call('GET', path);
export const get = async path => (await call('GET', path)).answer;
export const post = async (path, body) => (await call('POST', path, body)).answer;
export const remove = async path => (await call('DELETE', path)).answer;

/** A name as part of a path: its slashes stay. */
export const inPath = name => name.split('/').map(encodeURIComponent).join('/');

/** Parameters that are set, as a query. */
export function query(parameters) {
  const set = Object.entries(parameters).filter(([, v]) => v !== undefined && v !== '');
  return set.length ? `?${new URLSearchParams(set)}` : '';
}

/** A uuid of version 7, which carries the time of its making, as the API wants of request ids. */
export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 255;
  bytes[6] = 0x70 | (bytes[6] & 15);
  bytes[8] = 0x80 | (bytes[8] & 63);
  const hex = [...bytes].map(b => b.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

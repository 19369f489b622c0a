// What all pages share: the feed, the token, formats, tables and small elements.

export const $ = (selector, root = document) => root.querySelector(selector);
export const DASH = '–';
const THIN = '\u2009';

/** An element with properties and children; strings become text, never markup. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') element.className = value;
    else if (key === 'data') Object.assign(element.dataset, value);
    else if (key === 'style') Object.assign(element.style, value);
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== 'string') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

// ---- formats

const isKnown = value => value !== null && value !== undefined && !Number.isNaN(value);
const known = (value, format) => isKnown(value) ? format(value) : DASH;

/** Digits in groups of three with thin spaces. */
const grouped = text => text.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);

export const fmt = {
  count: value => known(value, n => grouped(String(Math.round(n)))),
  rate: value => known(value, n => n >= 100 ? grouped(String(Math.round(n))) : n >= 10 ? n.toFixed(1) : n.toFixed(2)),
  share: value => known(value, n => n === 0 ? '0 %' : n < 0.0995 ? (n * 100).toFixed(1) + ' %' : Math.round(n * 100) + ' %'),
  number: value => known(value, n => Number.isInteger(n) ? grouped(String(n)) : n.toFixed(Math.abs(n) < 10 ? 3 : 1)),
  micros: value => known(value, n => n === 0 ? '0' : n < 1000 ? Math.round(n) + ' µs'
      : n < 10_000 ? (n / 1000).toFixed(1) + ' ms'
      : n < 1_000_000 ? Math.round(n / 1000) + ' ms'
      : (n / 1e6).toFixed(n < 1e7 ? 2 : 1) + ' s'),
  millis: value => known(value, n => fmt.micros(n * 1000)),
  seconds: value => known(value, n => fmt.micros(n * 1e6)),
  tokens: value => known(value, n => n < 0 ? DASH : grouped(String(Math.round(n)))),
  bytes: value => known(value, n => {
    if (n < 1024) return n + ' B';
    if (n < 1024 * 1024) return (n / 1024).toFixed(1) + ' KiB';
    if (n < 1024 ** 3) return (n / 1024 ** 2).toFixed(1) + ' MiB';
    return (n / 1024 ** 3).toFixed(2) + ' GiB';
  }),
  clock: millis => {
    const date = new Date(millis);
    return date.toLocaleTimeString([], {hour12: false});
  },
  exact: millis => {
    const date = new Date(millis);
    const offset = -date.getTimezoneOffset();
    const two = n => String(Math.floor(Math.abs(n))).padStart(2, '0');
    const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 23);
    return local.replace('T', ' ') + (offset >= 0 ? '+' : '-') + two(offset / 60) + ':' + two(offset % 60);
  },
  ago: millis => {
    const seconds = Math.max(0, Math.round(millis / 1000));
    if (seconds < 60) return seconds + ' s';
    if (seconds < 3600) return Math.floor(seconds / 60) + ' min';
    if (seconds < 86_400) return Math.floor(seconds / 3600) + ' h';
    return Math.floor(seconds / 86_400) + ' d';
  },
};

/** A time like "5 s ago"; the exact one is shown on hover and focus. */
export function since(millis) {
  return millis > 0
      ? h('time', {datetime: new Date(millis).toISOString(), title: fmt.exact(millis), tabindex: '0',
          data: {ago: String(millis)}}, fmt.ago(Date.now() - millis) + ' ago')
      : h('span', {}, DASH);
}

/** A state by shape, word and colour. */
export function state(word, kind = word) {
  return h('span', {class: 'state', data: {state: kind}}, word);
}

export function copyButton(text, label = 'Copy') {
  const button = h('button', {type: 'button', class: 'small outline', onclick: async () => {
    await navigator.clipboard.writeText(typeof text === 'function' ? text() : text);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = label; }, 1500);
  }}, label);
  return button;
}

/** A bar between 0 and 1, with its number beside it. */
export function meter(value, label) {
  return h('span', {class: 'meter', role: 'img', 'aria-label': label + ': ' + fmt.share(value)},
      h('span', {class: 'meter-fill', style: {width: Math.min(100, Math.max(0, (value ?? 0) * 100)) + '%'}}));
}

/** Short name of an endpoint: without its namespace. */
export const shortName = id => id.slice(id.indexOf('/') + 1);

// ---- asking the server

export class Problem extends Error {
  constructor(status, body, requestId) {
    super(body.detail ?? body.message ?? body.title ?? 'status ' + status);
    this.status = status;
    this.code = body.code ?? '';
    this.requestId = requestId ?? '';
  }
}

/** Asks below /console/api; throws a Problem when the answer is none. */
export async function api(path, {method = 'GET', body, type = 'application/json', signal} = {}) {
  const headers = {accept: 'application/json'};
  if (method !== 'GET') headers['x-console-token'] = $('meta[name=console-token]').content;
  if (body !== undefined) headers['content-type'] = type;
  let answer;
  try {
    answer = await fetch('/console/api' + path, {
      method, headers, signal,
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new Problem(0, {detail: 'The gateway does not answer.', code: 'gateway_gone'});
  }
  const text = await answer.text();
  let value = {};
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    value = answer.ok ? text : {detail: text.slice(0, 300)};
  }
  if (!answer.ok) throw new Problem(answer.status, value.error ?? value, answer.headers.get('x-request-id'));
  return value;
}

const MEANING = {
  not_configured: 'This page has nothing to show without it.',
  service_gone: 'The other pages go on. This one comes back when it answers again.',
  gateway_gone: 'Is it still running? The page goes on when it answers again.',
  no_token: 'The server was started anew since this page was loaded. Reload it.',
  not_operator: 'Log in with the key of an operator.',
};

/** Says what happened, what it means and the id of the request. */
export function problem(error) {
  return h('div', {class: 'problem', role: 'alert'},
      h('p', {}, error.message),
      MEANING[error.code] ? h('p', {}, MEANING[error.code]) : null,
      error.requestId ? h('p', {class: 'quiet'}, 'request ', h('code', {}, error.requestId), ' ', copyButton(error.requestId)) : null);
}

/** What a page shows while there is nothing. */
export function empty(text, command) {
  return h('p', {class: 'empty'}, text, command ? [' ', h('code', {}, command)] : []);
}

export const isOperator = () => document.body.dataset.operator === 'true';

let lastAnnounced = 0;

/** Tells readers of the screen, at most once in ten seconds. */
export function announce(text) {
  if (Date.now() - lastAnnounced > 10_000) {
    lastAnnounced = Date.now();
    $('#announce').textContent = text;
  }
}

// ---- the feed

const SERVING = {serving: 'Serving', degraded: 'Degraded', refusing: 'Refusing'};
const listeners = [];
let received = 0;
let lastFrame = null;
let paused = false;
let spoken = '';

/** Calls back with each frame, and with the last one again when a pause ends. */
export function onFrame(callback) {
  listeners.push(callback);
  if (lastFrame && !paused) callback(lastFrame);
}

export const isPaused = () => paused;
export const frame = () => lastFrame;

function show(data) {
  const serving = data.serving;
  const word = SERVING[serving.state] ?? serving.state;
  const live = $('#live-state');
  live.dataset.state = serving.state;
  live.textContent = word;
  live.title = serving.reason;
  const gone = data.parts.filter(part => part.state === 'gone').map(part => part.name)
      .concat(data.gateways.filter(gateway => gateway.state === 'gone').map(gateway => 'gateway ' + gateway.name));
  const banner = $('#banner');
  banner.hidden = gone.length === 0;
  if (gone.length > 0) {
    const text = 'Gone: ' + gone.join(', ') + '. What they would tell is missing or old; everything else is live.';
    if (banner.textContent !== text) banner.textContent = text;
  }
  const sentence = 'The suite is ' + serving.state + (serving.reason ? ': ' + serving.reason : '');
  if (spoken !== '' && spoken !== sentence) announce(sentence);
  spoken = sentence;
  listeners.forEach(listener => listener(data));
}

function connect() {
  const source = new EventSource('/console/api/feed');
  source.addEventListener('frame', event => {
    received = Date.now();
    lastFrame = JSON.parse(event.data);
    document.body.classList.remove('stale');
    if (!paused) show(lastFrame);
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
}

function tickAge() {
  const age = received === 0 ? -1 : Date.now() - received;
  const isLost = age > 3500;
  document.body.classList.toggle('stale', isLost && !paused);
  $('#live-age').textContent = paused ? 'paused' : age < 0 ? '' : isLost ? 'no news for ' + fmt.ago(age) : 'live';
  if (isLost && !paused) {
    $('#live-state').dataset.state = 'gone';
    $('#live-state').textContent = 'No connection';
  }
  document.querySelectorAll('time[data-ago]').forEach(time => {
    if (!paused) time.textContent = fmt.ago(Date.now() - Number(time.dataset.ago)) + ' ago';
  });
}

$('#live-pause').addEventListener('click', event => {
  paused = !paused;
  event.target.setAttribute('aria-pressed', String(paused));
  event.target.textContent = paused ? 'Go on' : 'Pause';
  tickAge();
  if (!paused && lastFrame) show(lastFrame);
});
$('#log-out')?.addEventListener('click', async () => {
  await fetch('/console/logout', {method: 'POST', headers: {'x-console-token': $('meta[name=console-token]').content}});
  location.href = '/console/login';
});
connect();
setInterval(tickAge, 1000);

// ---- tables

/**
 * A table whose rows are changed in place, so that focus and selection survive. Columns have id, title, and text(row); also
 * node(row) for more than text, sort(row), num, help, and changes(row) when a node depends on more than its text.
 */
export function table(element, {caption, columns, key, sort = null, rowHeader = null, rowClass = null, none = null}) {
  let order = sort;
  let rows = [];
  let groupOf = null;
  const known = new Map();
  const body = h('tbody');
  const head = h('tr', {}, columns.map(column => {
    const label = column.sort
        ? h('button', {type: 'button', class: 'sort', onclick: () => turn(column)}, column.title)
        : column.title;
    return h('th', {scope: 'col', class: column.num ? 'num' : '', title: column.help ?? '', data: {id: column.id}}, label);
  }));
  element.replaceChildren(h('caption', {}, caption), h('thead', {}, head), body);
  element.classList.add('data');

  function turn(column) {
    order = order?.id === column.id ? {id: column.id, down: !order.down} : {id: column.id, down: Boolean(column.num)};
    draw();
  }

  function sorted() {
    const column = columns.find(each => each.id === order?.id);
    const all = [...rows];
    if (column) {
      const rank = value => isKnown(value) ? value : -Infinity;
      all.sort((a, b) => {
        const [x, y] = [rank(column.sort(a)), rank(column.sort(b))];
        return (x < y ? -1 : x > y ? 1 : 0) * (order.down ? -1 : 1);
      });
    }
    if (groupOf) all.sort((a, b) => groupOf(a) < groupOf(b) ? -1 : groupOf(a) > groupOf(b) ? 1 : 0);
    return all;
  }

  function fill(row, line) {
    columns.forEach((column, index) => {
      const cell = line.cells[index];
      const text = column.text(row);
      const mark = text + (column.changes ? '|' + column.changes(row) : '');
      if (line.marks[index] === mark) return;
      line.marks[index] = mark;
      if (column.node) cell.replaceChildren(column.node(row));
      else cell.textContent = text;
    });
    if (rowClass) line.element.className = rowClass(row);
  }

  function make(row) {
    const cells = columns.map(column => column.id === rowHeader
        ? h('th', {scope: 'row', class: column.num ? 'num' : ''})
        : h('td', {class: column.num ? 'num' : ''}));
    return {element: h('tr', {}, cells), cells, marks: []};
  }

  function draw() {
    head.querySelectorAll('th').forEach(cell => {
      if (cell.dataset.id === order?.id) cell.setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    });
    const wanted = [];
    const seen = new Set();
    let group;
    for (const row of sorted()) {
      if (groupOf && groupOf(row) !== group) {
        group = groupOf(row);
        const id = 'group ' + group;
        if (!known.has(id)) {
          known.set(id, {element: h('tr', {class: 'group'}, h('th', {colspan: columns.length, scope: 'colgroup'}, group)), cells: []});
        }
        seen.add(id);
        wanted.push(known.get(id).element);
      }
      const id = String(key(row));
      if (!known.has(id)) known.set(id, make(row));
      const line = known.get(id);
      fill(row, line);
      seen.add(id);
      wanted.push(line.element);
    }
    for (const id of [...known.keys()]) {
      if (!seen.has(id)) known.delete(id);
    }
    if (wanted.length === 0 && none) {
      body.replaceChildren(h('tr', {}, h('td', {colspan: columns.length}, typeof none === 'function' ? none() : none)));
      return;
    }
    const isSame = wanted.length === body.children.length && wanted.every((line, i) => body.children[i] === line);
    if (!isSame) {
      const focused = document.activeElement;
      body.replaceChildren(...wanted);
      if (focused && body.contains(focused)) focused.focus({preventScroll: true});
    }
  }

  return {
    update(newRows, {group = null} = {}) {
      rows = newRows;
      groupOf = group;
      draw();
    },
    element,
  };
}

/** A list of facts. */
export function facts(pairs) {
  return h('dl', {class: 'facts'}, pairs.filter(pair => pair)
      .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

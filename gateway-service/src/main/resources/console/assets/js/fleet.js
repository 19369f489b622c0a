import {$, DASH, api, copyButton, empty, fmt, h, isOperator, meter, onFrame, problem, shortName, since, state, table} from './core.js';

const chosen = new Set();
let endpoints = [];
const label = (endpoint, name) => endpoint.labels[name] ?? '';
const ROLE = 'llm-d.ai/role';
const groups = {
  role: endpoint => 'role ' + (label(endpoint, ROLE) || DASH),
  namespace: endpoint => 'pool ' + endpoint.id.slice(0, Math.max(0, endpoint.id.indexOf('/'))),
  zone: endpoint => 'zone ' + (label(endpoint, 'topology.kubernetes.io/zone') || DASH),
  variant: endpoint => 'variant ' + (label(endpoint, 'llm-d.ai/variant') || DASH),
  state: endpoint => endpoint.state,
};

async function drain(id, on) {
  try {
    await api('/endpoints/drain', {method: 'POST', body: {endpoint: id, minutes: on ? 30 : 0}});
  } catch (e) {
    $('#compare').replaceChildren(problem(e));
  }
}

const columns = [
  {id: 'choose', title: 'compare', text: () => '', changes: row => row.id,
    node: row => h('input', {type: 'checkbox', 'aria-label': 'compare ' + row.id, onchange: event => {
      if (event.target.checked) chosen.add(row.id); else chosen.delete(row.id);
      compare();
    }})},
  {id: 'name', title: 'name', text: row => row.id, sort: row => row.id,
    node: row => h('span', {id: row.id}, shortName(row.id))},
  {id: 'role', title: 'role', text: row => label(row, ROLE) || DASH, sort: row => label(row, ROLE)},
  {id: 'state', title: 'state', text: row => row.state, sort: row => row.state, changes: row => row.since,
    node: row => h('span', {}, state(row.state), ' ', since(row.since))},
  {id: 'running', title: 'running', num: true, text: row => fmt.count(row.running), sort: row => row.running},
  {id: 'waiting', title: 'waiting', num: true, text: row => fmt.count(row.waiting), sort: row => row.waiting},
  {id: 'kv', title: 'KV use', num: true, text: row => fmt.share(row.kvCacheUsage), sort: row => row.kvCacheUsage,
    node: row => h('span', {class: 'nowrap'}, meter(row.kvCacheUsage, 'KV cache in use'), ' ' + fmt.share(row.kvCacheUsage))},
  {id: 'own', title: 'ours', num: true, help: 'requests that the gateways have there now', text: row => fmt.count(row.inFlight), sort: row => row.inFlight},
  {id: 'drift', title: 'reported', num: true, help: 'running and waiting, as the engine says; differs from ours by its age',
    text: row => row.running === null ? DASH : fmt.count(row.running + row.waiting), sort: row => row.running === null ? null : row.running + row.waiting},
  {id: 'rate', title: 'req/s', num: true, text: row => fmt.rate(row.requestsPerSecond), sort: row => row.requestsPerSecond},
  {id: 'cached', title: 'cached', num: true, help: 'share of prompt tokens that came from its cache', text: row => fmt.share(row.cachedShare), sort: row => row.cachedShare},
  {id: 'p50', title: 'TTFT p50', num: true, text: row => fmt.micros(row.firstByteP50Micros), sort: row => row.firstByteP50Micros},
  {id: 'p99', title: 'p99', num: true, text: row => fmt.micros(row.firstByteP99Micros), sort: row => row.firstByteP99Micros},
  {id: 'tokens', title: 'tokens/s', num: true, text: row => fmt.rate(row.outputTokensPerSecond), sort: row => row.outputTokensPerSecond},
  {id: 'failed', title: 'failed', num: true, text: row => fmt.share(row.failedShare), sort: row => row.failedShare},
  {id: 'age', title: 'metrics age', num: true, text: row => row.metricsAgeMillis < 0 ? DASH : fmt.millis(row.metricsAgeMillis), sort: row => row.metricsAgeMillis},
  {id: 'address', title: 'address', text: row => row.address, changes: row => row.state,
    node: row => h('span', {}, h('code', {class: 'nowrap'}, row.address), h('br'), h('span', {class: 'nowrap'}, copyButton(row.address),
        isOperator() ? [' ', h('button', {type: 'button', class: 'small outline',
          title: 'new requests of this gateway go elsewhere for 30 minutes; running ones end as they are',
          onclick: () => drain(row.id, row.state !== 'resting')}, row.state === 'resting' ? 'Take back' : 'Drain')] : []))},
];
const fleet = table($('#fleet'), {
  caption: 'Endpoints of the pool; numbers of the last 10 s',
  key: row => row.id,
  rowHeader: 'name',
  columns,
  rowClass: row => row.state === 'stale' || row.metricsAgeMillis > 5000 ? 'old' : '',
  none: () => empty('No endpoint matches. Endpoints appear when the scheduler names them, such as after', './llmd up'),
});

function draw() {
  const wanted = $('#filter').value.trim().toLowerCase();
  const shown = endpoints.filter(endpoint => wanted === ''
      || (endpoint.id + ' ' + endpoint.state + ' ' + Object.entries(endpoint.labels).flat().join(' ')).toLowerCase().includes(wanted));
  fleet.update(shown, {group: groups[$('#group').value] ?? null});
  $('#count').textContent = shown.length + ' of ' + endpoints.length;
}

function compare() {
  const two = endpoints.filter(endpoint => chosen.has(endpoint.id)).slice(0, 2);
  if (two.length < 2) {
    $('#compare').replaceChildren(empty('Choose two endpoints in the table to see them side by side.'));
    return;
  }
  const rows = columns.filter(column => column.num).map(column => h('tr', {},
      h('th', {scope: 'row'}, column.title), two.map(endpoint => h('td', {class: 'num'}, column.text(endpoint)))));
  const labels = [...new Set(two.flatMap(endpoint => Object.keys(endpoint.labels)))].sort();
  $('#compare').replaceChildren(h('div', {class: 'scroll'}, h('table', {class: 'data'},
      h('caption', {}, 'Two endpoints side by side'),
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, ''), two.map(endpoint => h('th', {scope: 'col', class: 'num'}, endpoint.id)))),
      h('tbody', {}, rows, labels.map(name => h('tr', {}, h('th', {scope: 'row'}, name),
          two.map(endpoint => h('td', {class: 'num'}, label(endpoint, name) || DASH))))))));
}

$('#filter').addEventListener('input', draw);
$('#group').addEventListener('change', draw);
compare();
onFrame(data => {
  endpoints = data.endpoints;
  draw();
  if (chosen.size > 1) compare();
});

import {$, DASH, api, empty, fmt, h, isOperator, isPaused, onFrame, problem, shortName, since, state, table} from './core.js';
import {chart} from './charts.js';

/** One click each: what is wrong, and the fields that make it so. */
const SCENARIOS = [
  ['slow', 'Three times as slow', {slow_factor: 3}],
  ['stall', 'Silence after 5 tokens', {stall_after_tokens: {tokens: 5, for: '5s'}}],
  ['errors', 'Every third request fails with 503', {status: {code: 503, probability: 0.33}}],
  ['reset', 'Connections break off after 3 tokens', {reset_after_tokens: {tokens: 3, probability: 0.2}}],
  ['late', 'Answers a second later', {delay: '1s'}],
  ['stale', 'Metrics stand still', {metrics: 'frozen'}],
  ['memory', 'Half of the KV cache is gone', {withheld_share: 0.5}],
  ['refuse', 'Refuses connections', {refuse: true}],
  ['events', 'A tenth of KV events is lost', {kv_events: {drop: 0.1}}],
  ['die', 'Dies, and comes back after 10 s', {die: '10s'}],
];
const OFF = Object.fromEntries(SCENARIOS.flatMap(([, , fields]) => Object.keys(fields)).filter(name => name !== 'die').map(name => [name, null]));
let rows = [];
let isAsking = false;

const columns = {at: [], failed: [], refused: [], p99: []};
const shares = chart($('#charts'), {title: 'What clients saw', format: fmt.share, series: [
  {label: 'failed', colour: '--harm'}, {label: 'refused', colour: '--c2', dash: true}]});
const times = chart($('#charts'), {title: 'Time to first token, p99', format: fmt.seconds, series: [{label: 'p99', colour: '--c1'}]});

/** Faults that are on, in words. */
function active(row) {
  if (!row.faults) return row.reason;
  const on = Object.entries(row.faults).filter(([name, value]) => name !== 'script' && value !== null && value !== false && value !== 0
      && !(name === 'slow_factor' && value === 1) && !(typeof value === 'object' && Object.keys(value).length === 0)
      && name !== 'fake-metrics' && !name.includes('-'));
  return on.map(([name, value]) => name.replaceAll('_', ' ') + ': ' + (typeof value === 'object' ? JSON.stringify(value).replaceAll('"', '') : value)).join('; ');
}

async function change(endpoint, faults) {
  try {
    const changed = await api('/faults', {method: 'POST', body: {endpoint, faults}});
    const failed = changed.filter(each => each.reason);
    $('#result').replaceChildren(failed.length === 0 ? h('p', {class: 'done'}, 'Changed ' + (endpoint ? shortName(endpoint) : 'all endpoints') + '.')
        : problem(new Error(failed.map(each => shortName(each.endpoint) + ' ' + each.reason).join('; '))));
    ask();
  } catch (e) {
    $('#result').replaceChildren(problem(e));
  }
}

const faults = table($('#faults'), {
  caption: 'Simulated endpoints',
  key: row => row.endpoint,
  rowHeader: 'endpoint',
  columns: [
    {id: 'endpoint', title: 'endpoint', text: row => shortName(row.endpoint), sort: row => row.endpoint},
    {id: 'active', title: 'on now', text: row => active(row) || 'nothing'},
    {id: 'break', title: 'break it', text: () => '', changes: row => row.endpoint, node: row => {
      const select = h('select', {'aria-label': 'fault of ' + row.endpoint}, SCENARIOS.map(([name, label]) => h('option', {value: name}, label)));
      return h('span', {class: 'toolbar'}, select, h('button', {type: 'button', class: 'small', disabled: !isOperator(),
        onclick: () => change(row.endpoint, SCENARIOS.find(([name]) => name === select.value)[2])}, 'Break'),
      h('button', {type: 'button', class: 'small outline', disabled: !isOperator(), onclick: () => change(row.endpoint, OFF)}, 'Heal'));
    }},
  ],
  none: () => empty('Simulated endpoints appear here when the scheduler names them.'),
});
$('#all').append(h('button', {type: 'button', class: 'small outline', disabled: !isOperator(), onclick: () => change(null, OFF)}, 'Heal all'));

async function ask() {
  if (isAsking || isPaused()) return;
  isAsking = true;
  try {
    rows = await api('/faults');
    faults.update(rows);
  } catch (e) {
    $('#result').replaceChildren(problem(e));
  } finally {
    isAsking = false;
  }
}

let mark = '';
let ticks = 0;
onFrame(data => {
  const point = {at: data.at / 1000, failed: data.now.failedShare, refused: data.now.refusedShare,
    p99: data.now.firstByteP99Micros === null ? null : data.now.firstByteP99Micros / 1e6};
  for (const [name, column] of Object.entries(columns)) {
    column.push(point[name]);
    if (column.length > 600) column.shift();
  }
  shares.update([columns.at, columns.failed, columns.refused]);
  times.update([columns.at, columns.p99]);
  const now = data.events.map(event => event.at + event.text).join();
  if (now !== mark) {
    mark = now;
    $('#events').replaceChildren(...data.events.slice(0, 20).map(event => h('li', {}, state(event.kind), ' ', since(event.at), ' ', event.text)));
  }
  if (ticks++ % 2 === 0) ask();
});

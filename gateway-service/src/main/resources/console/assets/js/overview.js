import {$, DASH, api, empty, fmt, h, meter, onFrame, shortName, since, state, table} from './core.js';
import {chart} from './charts.js';

const RANGES = [[60, '1 min'], [300, '5 min'], [900, '15 min']];
const SERVING = {serving: 'Serving', degraded: 'Degraded', refusing: 'Refusing'};
const CHARTS = [
  {title: 'Requests', format: n => fmt.rate(n) + '/s', series: [{label: 'ended', column: 'requestsPerSecond', colour: '--c1'}]},
  {title: 'Time to first token', format: fmt.seconds, series: [
    {label: 'p50', column: 'firstByteP50', colour: '--c1'}, {label: 'p99', column: 'firstByteP99', colour: '--c2', dash: true}]},
  {title: 'Tokens generated', format: n => fmt.rate(n) + '/s', series: [{label: 'output', column: 'outputTokensPerSecond', colour: '--c1'}]},
  {title: 'Share not served', format: fmt.share, series: [
    {label: 'failed', column: 'failedShare', colour: '--harm'}, {label: 'refused', column: 'refusedShare', colour: '--c2', dash: true}]},
  {title: 'Waiting and in flight', format: fmt.count, whole: true, series: [
    {label: 'in flight', column: 'inFlight', colour: '--c1'}, {label: 'waiting', column: 'waiting', colour: '--c2', dash: true}]},
  {title: 'Saturation of the pool', format: fmt.share, series: [{label: 'effective', column: 'saturation', colour: '--c1'}]},
];

const charts = CHARTS.map(options => ({options, drawn: chart($('#charts'), options)}));
const names = ['at', ...new Set(CHARTS.flatMap(options => options.series.map(each => each.column)))];
let range = 300;
let history = null;
const parts = table($('#parts'), {
  caption: 'Services and gateways',
  key: row => row.name,
  rowHeader: 'name',
  columns: [
    {id: 'name', title: 'part', text: row => row.name},
    {id: 'state', title: 'state', text: row => row.state, node: row => state(row.state)},
    {id: 'since', title: 'since', text: row => String(row.since), node: row => since(row.since)},
    {id: 'more', title: '', text: row => row.more},
  ],
});

$('#range').append(...RANGES.map(([seconds, label]) => h('button', {
  type: 'button', class: 'small outline', 'aria-pressed': String(seconds === range), data: {seconds: String(seconds)},
  onclick: event => {
    range = seconds;
    $('#range').querySelectorAll('button').forEach(each => each.setAttribute('aria-pressed', String(each === event.target)));
    draw();
  }}, label)));

function draw() {
  if (!history) return;
  const from = history.at.findIndex(at => at >= history.at.at(-1) - range);
  for (const {options, drawn} of charts) {
    drawn.update([history.at.slice(from), ...options.series.map(each => history[each.column].slice(from))]);
  }
}

function append(data) {
  if (!history || history.at.at(-1) >= Math.floor(data.at / 1000)) return;
  const seconds = micros => micros === null ? null : micros / 1e6;
  const point = {...data.now, at: Math.floor(data.at / 1000),
    firstByteP50: seconds(data.now.firstByteP50Micros), firstByteP99: seconds(data.now.firstByteP99Micros)};
  for (const name of names) {
    history[name].push(point[name] ?? null);
    if (history[name].length > 900) history[name].shift();
  }
  draw();
}

const cards = new Map();

function card(endpoint) {
  const load = h('p', {class: 'load'});
  const use = h('p', {class: 'use'});
  const lag = h('p', {class: 'quiet'});
  const where = h('span');
  const element = h('a', {class: 'card', href: '/console/fleet#' + endpoint.id},
      h('span', {class: 'card-head'}, h('strong', {}, shortName(endpoint.id)), where), load, use, lag);
  return {element, load, use, lag, where, mark: ''};
}

function drawEndpoints(endpoints, isHeard) {
  if (endpoints.length === 0) {
    $('#endpoints').replaceChildren(empty(isHeard ? 'The pool has no endpoints. Start one, such as with'
        : 'The endpoints appear here when the scheduler names them.', isHeard ? './llmd up' : null));
    cards.clear();
    return;
  }
  const wanted = endpoints.map(endpoint => {
    if (!cards.has(endpoint.id)) cards.set(endpoint.id, card(endpoint));
    const its = cards.get(endpoint.id);
    its.element.classList.toggle('old', endpoint.state === 'stale' || endpoint.metricsAgeMillis > 5000);
    its.where.replaceChildren(state(endpoint.state));
    its.load.textContent = fmt.count(endpoint.running) + ' running, ' + fmt.count(endpoint.waiting) + ' waiting';
    its.use.replaceChildren(meter(endpoint.kvCacheUsage, 'KV cache in use'), ' KV ' + fmt.share(endpoint.kvCacheUsage));
    its.lag.textContent = 'TTFT p50 ' + fmt.micros(endpoint.firstByteP50Micros) + ' · cached ' + fmt.share(endpoint.cachedShare);
    return its.element;
  });
  const host = $('#endpoints');
  if (wanted.length !== host.children.length || wanted.some((each, i) => host.children[i] !== each)) host.replaceChildren(...wanted);
}

let eventMark = '';

function drawEvents(events) {
  const mark = events.slice(0, 10).map(event => event.at + event.text).join();
  if (mark === eventMark) return;
  eventMark = mark;
  const word = {harm: 'harm', warning: 'warning', note: 'note'};
  $('#events').replaceChildren(...events.slice(0, 10).map(event =>
      h('li', {}, state(word[event.kind], event.kind), ' ', since(event.at), ' ', event.text)));
}

onFrame(data => {
  const serving = $('#serving-state');
  serving.dataset.state = data.serving.state;
  serving.textContent = SERVING[data.serving.state] ?? DASH;
  $('#serving-reason').replaceChildren(data.serving.reason ? data.serving.reason + ', since ' : 'since ', since(data.serving.since));
  const up = data.gateways.filter(gateway => gateway.state === 'up' || gateway.state === 'draining').length;
  $('#gateway-count').textContent = data.gateways.length === 1 ? 'one gateway' : up + ' of ' + data.gateways.length + ' gateways that answered';
  append(data);
  drawEndpoints(data.endpoints, data.endpointsAt > 0);
  drawEvents(data.events);
  parts.update([
    ...data.gateways.map(gateway => ({name: gateway.name, state: gateway.state, since: gateway.since,
      more: gateway.inFlight + ' in flight, ' + gateway.connections + ' connections'})),
    ...data.parts.map(part => ({name: part.name, state: part.state, since: part.since, more: part.reason || part.address})),
  ]);
});

api('/history').then(columns => {
  history = columns;
  draw();
});

import {$, DASH, api, empty, facts, fmt, h, meter, onFrame, table} from './core.js';
import {chart} from './charts.js';

const saturation = chart($('#charts'), {title: 'Saturation of the pool', format: fmt.share, series: [{label: 'effective', colour: '--c1'}],
  note: 'at 100 % requests wait'});
const waiting = chart($('#charts'), {title: 'Requests that wait', format: fmt.count, whole: true, series: [{label: 'waiting', colour: '--c2'}]});
const sent = chart($('#charts'), {title: 'Sent to endpoints', format: n => fmt.rate(n) + '/s', series: [{label: 'sent', colour: '--c1'}]});
const columns = {at: [], waiting: [], saturation: [], sent: []};
let before = null;

const bands = table($('#bands'), {
  caption: 'Priority bands, highest first',
  key: row => row.priority,
  rowHeader: 'priority',
  columns: [
    {id: 'priority', title: 'priority', num: true, text: row => fmt.number(row.priority)},
    {id: 'waiting', title: 'waiting', num: true, text: row => fmt.count(row.waiting)},
    {id: 'full', title: 'of its places', num: true, text: row => fmt.share(row.waiting / row.maxRequests),
      node: row => h('span', {class: 'nowrap'}, meter(row.waiting / row.maxRequests, 'places taken'), ' ' + fmt.share(row.waiting / row.maxRequests))},
    {id: 'bytes', title: 'bytes', num: true, text: row => fmt.bytes(row.bytes)},
    {id: 'oldest', title: 'next has waited', num: true, text: row => fmt.millis(age(row))},
    {id: 'wait', title: 'a new one waits about', num: true, text: row => fmt.millis(row.estimatedWait)},
    {id: 'ceiling', title: 'ceiling', num: true, help: 'saturation from which on it sends nothing', text: row => fmt.share(row.ceiling)},
    {id: 'sent', title: 'sent since the start', num: true, text: row => fmt.count(row.sent)},
    {id: 'flows', title: 'flows', num: true, text: row => fmt.count(row.flows)},
    {id: 'configured', title: 'band', text: row => row.isConfigured ? 'configured' : 'made for its priority'},
  ],
  none: () => empty('No band.'),
});
const flows = table($('#flows'), {
  caption: 'Flows with the most waiting requests; a flow is a tenant, or what the request says',
  key: row => row.priority + ' ' + row.fairnessId,
  rowHeader: 'flow',
  columns: [
    {id: 'flow', title: 'flow', text: row => row.fairnessId || DASH, sort: row => row.fairnessId},
    {id: 'priority', title: 'priority', num: true, text: row => fmt.number(row.priority), sort: row => row.priority},
    {id: 'waiting', title: 'waiting', num: true, text: row => fmt.count(row.waiting), sort: row => row.waiting},
    {id: 'age', title: 'next has waited', num: true, text: row => fmt.millis(row.nextAge), sort: row => row.nextAge},
    {id: 'sent', title: 'sent', num: true, text: row => fmt.count(row.sent), sort: row => row.sent},
    {id: 'share', title: 'share of its band', num: true, text: row => fmt.share(row.share), sort: row => row.share},
  ],
  none: () => empty('Flows appear here with their first request, such as by', './llmd load --rps 10 --for 30s'),
});
const outcomes = table($('#outcomes'), {
  caption: 'Since the start of the scheduler',
  key: row => row.name,
  rowHeader: 'name',
  columns: [{id: 'name', title: 'outcome', text: row => row.name}, {id: 'count', title: 'requests', num: true, text: row => fmt.count(row.count)}],
  none: () => empty('No request has left the queue yet.'),
});

function age(band) {
  const ages = band.longest.map(flow => flow.nextAge).filter(each => each !== null);
  return ages.length === 0 ? null : Math.max(...ages);
}

function draw() {
  const at = columns.at;
  saturation.update([at, columns.saturation]);
  waiting.update([at, columns.waiting]);
  sent.update([at, columns.sent]);
}

onFrame(data => {
  const queue = data.queue;
  const total = queue?.isOn ? queue.bands.reduce((sum, band) => sum + band.sent, 0) : null;
  columns.at.push(data.at / 1000);
  columns.saturation.push(data.now.saturation);
  columns.waiting.push(data.now.waiting);
  columns.sent.push(before && total !== null && data.at > before.at ? Math.max(0, (total - before.total) / ((data.at - before.at) / 1000)) : null);
  before = total === null ? null : {at: data.at, total};
  for (const column of Object.values(columns)) if (column.length > 900) column.shift();
  draw();
  if (!queue || !queue.isOn) {
    $('#summary').replaceChildren(empty(queue ? 'Flow control is off: nothing waits at the scheduler. Switch it on in its configuration with'
        : 'The scheduler does not tell what waits.', queue ? 'featureGates: [flowControl]' : null));
    bands.update([]);
    flows.update([]);
    outcomes.update([]);
    return;
  }
  const stages = queue.saturation;
  $('#summary').replaceChildren(facts([
    ['waiting', fmt.count(queue.waiting) + ' requests, ' + fmt.bytes(queue.waitingBytes)],
    ['saturation', fmt.share(stages.effective) + ' by ' + stages.detector],
    ['prefill stage', fmt.share(stages.prefill)], ['decode stage', fmt.share(stages.decode)],
    ['endpoints without a recent reading', fmt.count(stages.staleEndpoints)],
  ]));
  bands.update(queue.bands);
  flows.update(queue.bands.flatMap(band => band.longest.map(flow => ({...flow, priority: band.priority, share: band.sent === 0 ? null : flow.sent / band.sent}))));
  outcomes.update(Object.entries(queue.outcomes).map(([name, count]) => ({name, count})).sort((a, b) => b.count - a.count));
});

// The quarter of an hour before this page was opened.
api('/history').then(history => {
  const from = history.at.findLastIndex(at => at < (columns.at[0] ?? Infinity)) + 1;
  columns.at.unshift(...history.at.slice(0, from));
  columns.saturation.unshift(...history.saturation.slice(0, from));
  columns.waiting.unshift(...history.waiting.slice(0, from));
  columns.sent.unshift(...history.at.slice(0, from).map(() => null));
  draw();
});

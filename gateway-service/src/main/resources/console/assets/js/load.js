import {$, DASH, api, empty, facts, fmt, frame, h, isOperator, onFrame, problem, since, table} from './core.js';
import {chart} from './charts.js';

const columns = {at: [], rate: [], p50: [], p99: [], failed: [], refused: []};
const rates = chart($('#charts'), {title: 'Requests', format: n => fmt.rate(n) + '/s', series: [{label: 'ended', colour: '--c1'}]});
const times = chart($('#charts'), {title: 'Time to first token', format: fmt.seconds, series: [
  {label: 'p50', colour: '--c1'}, {label: 'p99', colour: '--c2', dash: true}]});
const shares = chart($('#charts'), {title: 'Share not served', format: fmt.share, series: [
  {label: 'failed', colour: '--harm'}, {label: 'refused', colour: '--c2', dash: true}]});
let reports = [];
let isAsking = false;

const results = table($('#reports'), {
  caption: 'Runs of this gateway, newest first; the change is against the run before it',
  key: row => row.run.startedAt,
  rowHeader: 'at',
  columns: [
    {id: 'at', title: 'when', text: row => row.run.startedAt, node: row => since(Date.parse(row.run.startedAt))},
    {id: 'what', title: 'what', text: row => row.run.command},
    {id: 'requests', title: 'requests', num: true, text: row => fmt.count(row.requests)},
    {id: 'answered', title: 'answered', num: true, text: row => fmt.share(row.requests === 0 ? null : row.answered / row.requests)},
    {id: 'rate', title: 'req/s', num: true, text: row => fmt.rate(row.requestsPerSecond)},
    {id: 'p50', title: 'TTFT p50', num: true, text: row => fmt.millis(row.timeToFirstToken.p50) + change(row, each => each.timeToFirstToken.p50)},
    {id: 'p99', title: 'TTFT p99', num: true, text: row => fmt.millis(row.timeToFirstToken.p99) + change(row, each => each.timeToFirstToken.p99)},
    {id: 'tpot', title: 'per token p50', num: true, text: row => fmt.millis(row.timePerOutputToken.p50)},
    {id: 'tokens', title: 'tokens/s', num: true, text: row => fmt.rate(row.outputTokensPerSecond)},
    {id: 'cached', title: 'cached', num: true, text: row => fmt.share(row.cachedTokenShare)},
    {id: 'spread', title: 'spread', num: true, help: 'most requests of one endpoint over the mean', text: row => spread(row.endpoints)},
    {id: 'valid', title: '', text: row => row.valid ? '' : 'the generator was late: not valid'},
  ],
  none: () => empty('Results appear here when a run is over.'),
});

function change(row, value) {
  const before = reports[reports.indexOf(row) + 1];
  if (!before || value(before) <= 0) return '';
  const percent = Math.round((value(row) / value(before) - 1) * 100);
  return ' (' + (percent > 0 ? '+' : '') + percent + ' %)';
}

function spread(endpoints) {
  const counts = Object.values(endpoints);
  return counts.length === 0 ? DASH : (Math.max(...counts) / (counts.reduce((sum, n) => sum + n, 0) / counts.length)).toFixed(2);
}

function show(load) {
  const isRunning = load.running !== null;
  $('#start').disabled = isRunning || !isOperator();
  $('#stop').disabled = !isRunning;
  if (isRunning) {
    const now = load.running;
    $('#run').replaceChildren(
        h('label', {}, fmt.count(now.elapsedSeconds) + ' s of ' + fmt.count(now.seconds) + ' s',
            h('progress', {max: now.seconds, value: Math.min(now.seconds, now.elapsedSeconds), 'aria-label': 'progress of the run'})),
        facts([['sent', fmt.count(now.sent)], ['done', fmt.count(now.ended)], ['in flight', fmt.count(now.inFlight)], ['errors', fmt.count(now.errors)],
          ['TTFT p50', fmt.millis(now.firstTokenP50Millis)], ['TTFT p99', fmt.millis(now.firstTokenP99Millis)]]));
  } else {
    $('#run').replaceChildren(load.failure ? problem(new Error(load.failure)) : '');
  }
  reports = load.reports;
  results.update(reports);
}

async function ask() {
  if (isAsking) return;
  isAsking = true;
  try {
    show(await api('/load'));
  } catch (e) {
    $('#run').replaceChildren(problem(e));
  } finally {
    isAsking = false;
  }
}

$('#form').addEventListener('submit', async event => {
  event.preventDefault();
  const plan = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, name === 'model' ? value : Number(value)]));
  try {
    show(await api('/load/start', {method: 'POST', body: plan}));
  } catch (e) {
    $('#run').replaceChildren(problem(e));
  }
});
$('#stop').addEventListener('click', () => api('/load/stop', {method: 'POST'}).then(ask, e => $('#run').replaceChildren(problem(e))));
$('#export').addEventListener('click', () => {
  const link = h('a', {href: URL.createObjectURL(new Blob([reports.map(each => JSON.stringify(each)).join('\n') + '\n'], {type: 'application/jsonl'})), download: 'load.jsonl'});
  link.click();
  URL.revokeObjectURL(link.href);
});
onFrame(data => {
  const seconds = micros => micros === null ? null : micros / 1e6;
  const point = {at: data.at / 1000, rate: data.now.requestsPerSecond, p50: seconds(data.now.firstByteP50Micros), p99: seconds(data.now.firstByteP99Micros),
    failed: data.now.failedShare, refused: data.now.refusedShare};
  for (const [name, column] of Object.entries(columns)) {
    column.push(point[name]);
    if (column.length > 600) column.shift();
  }
  rates.update([columns.at, columns.rate]);
  times.update([columns.at, columns.p50, columns.p99]);
  shares.update([columns.at, columns.failed, columns.refused]);
  ask();
});
api('/models').then(({models}) => $('#model').append(...models.map(model => h('option', {}, model))));

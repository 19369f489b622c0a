import {$, DASH, api, empty, fmt, h, isPaused, onFrame, problem, shortName, state, table} from './core.js';

let requests = [];
let isFrozen = false;
let isAsking = false;
let answered = '';

const perToken = row => row.request.outputTokens > 1 && row.request.firstByteMicros > 0
    ? (row.request.durationMicros - row.request.firstByteMicros) / (row.request.outputTokens - 1) : null;
const endpoint = row => row.request.attempts.at(-1)?.endpoint ?? '';
const asked = row => {
  const attempt = row.request.attempts.at(-1);
  return attempt ? attempt.sentMicros - attempt.askedMicros : null;
};
const list = table($('#requests'), {
  caption: 'The newest requests, without their text',
  key: row => row.request.requestId + row.startedAt + row.number,
  rowHeader: 'id',
  columns: [
    {id: 'at', title: 'came at', text: row => fmt.clock(row.startedAt), sort: row => row.startedAt,
      node: row => h('time', {title: fmt.exact(row.startedAt), datetime: new Date(row.startedAt).toISOString()}, fmt.clock(row.startedAt))},
    {id: 'id', title: 'id', text: row => row.request.requestId, node: row => h('a', {href: '/console/requests/' + encodeURIComponent(row.request.requestId)},
        row.request.requestId.length > 18 ? row.request.requestId.slice(0, 16) + '…' : row.request.requestId)},
    {id: 'tenant', title: 'tenant', text: row => row.request.tenant, sort: row => row.request.tenant},
    {id: 'model', title: 'model', text: row => row.request.model, sort: row => row.request.model},
    {id: 'priority', title: 'priority', num: true, text: row => String(row.request.priority), sort: row => row.request.priority},
    {id: 'in', title: 'tokens in', num: true, text: row => fmt.tokens(row.request.promptTokens), sort: row => row.request.promptTokens},
    {id: 'cached', title: 'cached', num: true, text: row => fmt.tokens(row.request.cachedTokens), sort: row => row.request.cachedTokens},
    {id: 'out', title: 'out', num: true, text: row => fmt.tokens(row.request.outputTokens), sort: row => row.request.outputTokens},
    {id: 'queue', title: 'decision', num: true, help: 'from asking the scheduler to its decision, the wait in its queue included',
      text: row => fmt.micros(asked(row)), sort: asked},
    {id: 'ttft', title: 'TTFT', num: true, text: row => row.request.firstByteMicros > 0 ? fmt.micros(row.request.firstByteMicros) : DASH,
      sort: row => row.request.firstByteMicros},
    {id: 'tpot', title: 'per token', num: true, text: row => fmt.micros(perToken(row)), sort: perToken},
    {id: 'all', title: 'whole', num: true, text: row => fmt.micros(row.request.durationMicros), sort: row => row.request.durationMicros},
    {id: 'endpoint', title: 'endpoint', text: row => (endpoint(row) ? shortName(endpoint(row)) : DASH)
        + (row.request.attempts.length > 1 ? ' (try ' + row.request.attempts.length + ')' : ''), sort: endpoint},
    {id: 'outcome', title: 'outcome', text: row => row.request.outcome + (row.request.code === 'none' ? '' : ', ' + row.request.code),
      sort: row => row.request.outcome, node: row => h('span', {}, state(row.request.outcome),
          row.request.code === 'none' ? '' : ' ' + row.request.code)},
  ],
  none: () => empty('Requests appear here when they are over. Send some with', './llmd load --rps 10 --for 30s'),
});

function shown() {
  const wanted = $('#filter').value.trim().toLowerCase();
  const outcome = $('#outcome').value;
  const slower = Number($('#slower').value);
  return requests.filter(row => (outcome === '' || row.request.outcome === outcome)
      && row.request.firstByteMicros >= slower
      && (wanted === '' || [row.request.requestId, row.request.model, row.request.tenant, row.request.keyId, endpoint(row)].join(' ').toLowerCase().includes(wanted)));
}

function draw() {
  const rows = shown();
  list.update(rows);
  $('#count').textContent = rows.length + ' of ' + requests.length + ' shown' + answered;
}

async function ask() {
  if (isAsking || isFrozen || isPaused()) return;
  isAsking = true;
  try {
    const page = await api('/requests');
    requests = page.requests;
    answered = page.asked > 1 ? ', of ' + page.answered + ' of ' + page.asked + ' gateways' : '';
    draw();
  } catch (e) {
    $('#count').replaceChildren(problem(e));
  } finally {
    isAsking = false;
  }
}

/** A trace that `llmd load --trace` can replay: arrival times, sizes, no text. */
function trace() {
  const rows = shown().filter(row => row.request.promptTokens > 0).toReversed();
  const first = rows.length === 0 ? 0 : rows[0].startedAt;
  return rows.map(row => JSON.stringify({timestamp: row.startedAt - first, input_length: row.request.promptTokens,
    output_length: Math.max(1, row.request.outputTokens), hash_ids: []})).join('\n') + '\n';
}

$('#filter').addEventListener('input', draw);
$('#outcome').addEventListener('change', draw);
$('#slower').addEventListener('change', draw);
$('#freeze').addEventListener('click', event => {
  isFrozen = !isFrozen;
  event.target.setAttribute('aria-pressed', String(isFrozen));
  event.target.textContent = isFrozen ? 'Thaw' : 'Freeze';
});
$('#export').addEventListener('click', () => {
  const link = h('a', {href: URL.createObjectURL(new Blob([trace()], {type: 'application/jsonl'})), download: 'requests.jsonl'});
  link.click();
  URL.revokeObjectURL(link.href);
});
onFrame(data => {
  const outcomes = Object.entries(data.now.requests);
  $('#outcomes').replaceChildren(...outcomes.length === 0 ? ['No request has ended since the start.'] : [
    'Since the start: ', ...outcomes.flatMap(([name, count], i) => [i > 0 ? ' · ' : '', state(name), ' ' + fmt.count(count)])]);
  const select = $('#outcome');
  for (const [name] of outcomes) {
    if (![...select.options].some(option => option.value === name)) select.append(h('option', {value: name}, name));
  }
  ask();
});

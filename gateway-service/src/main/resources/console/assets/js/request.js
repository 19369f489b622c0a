import {$, DASH, api, empty, facts, fmt, frame, h, onFrame, problem, shortName, state} from './core.js';
import {explanationView} from './decision.js';

const id = decodeURIComponent(location.pathname.split('/').at(-1));
$('#id').textContent = id;
document.title = 'Request ' + id + ' · llm-d';
let found = null;

/** Steps of a request in microseconds from its head. */
function steps(request, attempts) {
  const all = [];
  const add = (name, from, to, kind, note = '') => {
    if (to > from) all.push({name, from, to, kind, note});
  };
  if (request.receivedMicros > 0) add('receive', 0, request.receivedMicros, 'own', fmt.bytes(request.bodyBytes));
  request.attempts.forEach((attempt, i) => {
    const decided = attempts[i];
    const suffix = request.attempts.length > 1 ? ' ' + (i + 1) : '';
    const queued = Math.min(decided?.decision.queueMicros ?? 0, attempt.sentMicros - attempt.askedMicros);
    if (queued > 0) add('queue' + suffix, attempt.askedMicros, attempt.askedMicros + queued, 'queue', 'waited for its turn');
    add('schedule' + suffix, attempt.askedMicros + queued, attempt.sentMicros, 'own', decided ? 'decision took ' + fmt.micros(decided.decision.decisionMicros) : '');
    const isLast = i === request.attempts.length - 1;
    const first = isLast && request.firstByteMicros > 0 ? request.firstByteMicros : attempt.endedMicros;
    add((isLast && request.firstByteMicros > 0 ? 'first token' : 'no answer') + suffix, attempt.sentMicros, first, 'wait',
        'at ' + shortName(attempt.endpoint) + (attempt.result === 'ok' ? '' : ', ' + attempt.result));
  });
  if (request.firstByteMicros > 0) add('stream', request.firstByteMicros, request.durationMicros, 'stream', fmt.tokens(request.outputTokens) + ' tokens');
  return all;
}

function waterfall(request, parts) {
  const whole = Math.max(1, request.durationMicros);
  return h('div', {class: 'waterfall', role: 'table', 'aria-label': 'Where the time went'}, parts.flatMap(part => [
    h('div', {role: 'row', style: {display: 'contents'}},
        h('span', {role: 'rowheader'}, part.name),
        h('span', {class: 'lane', role: 'presentation'}, h('span', {data: {kind: part.kind},
          style: {left: (part.from / whole * 100) + '%', width: ((part.to - part.from) / whole * 100) + '%'}})),
        h('span', {role: 'cell', class: 'nowrap'}, fmt.micros(part.to - part.from), part.note ? h('span', {class: 'quiet'}, ' ' + part.note) : ''))]));
}

/** What stands out, worst first, in words. */
function findings(request, parts, attempts) {
  const all = [];
  const whole = Math.max(1, request.durationMicros);
  const total = kind => parts.filter(part => part.kind === kind).reduce((sum, part) => sum + part.to - part.from, 0);
  const queue = total('queue');
  if (queue > 50_000 && queue > 0.2 * (request.firstByteMicros || whole)) {
    all.push({weight: queue, cause: 'queue', text: 'It waited ' + fmt.micros(queue) + ' in the scheduler\'s queue: the pool was full. See Queue.'});
  }
  const deciding = parts.filter(part => part.name.startsWith('schedule')).reduce((sum, part) => sum + part.to - part.from, 0);
  if (deciding > 50_000 && deciding > 0.2 * (request.firstByteMicros || whole)) {
    all.push({weight: deciding, cause: 'scheduling', text: 'The decision itself took ' + fmt.micros(deciding)
        + ', the way to the scheduler included. See the time of plugins below; they may wait for tokens, or the machine is overloaded.'});
  }
  const wait = total('wait');
  const last = attempts.at(-1);
  const endpoint = request.attempts.at(-1)?.endpoint;
  const candidate = last?.explanation.candidates.find(each => each.id === endpoint);
  const others = (frame()?.endpoints ?? []).filter(each => each.id !== endpoint && each.firstByteP50Micros !== null);
  const own = (frame()?.endpoints ?? []).find(each => each.id === endpoint);
  const usual = others.length === 0 ? null : others.map(each => each.firstByteP50Micros).sort((a, b) => a - b)[Math.floor(others.length / 2)];
  const pace = request.outputTokens > 1 && request.firstByteMicros > 0 ? (request.durationMicros - request.firstByteMicros) / (request.outputTokens - 1) : null;
  const uncached = request.promptTokens >= 0 && request.cachedTokens >= 0 ? request.promptTokens - request.cachedTokens : null;
  const isCold = uncached !== null && uncached > 1000 && request.cachedTokens < 0.2 * request.promptTokens;
  if (wait > 100_000 && isCold) {
    all.push({weight: wait, cause: 'cold prefix', text: 'Cold prefix: ' + fmt.tokens(uncached) + ' of ' + fmt.tokens(request.promptTokens)
        + ' prompt tokens were in no cache and had to be computed before the first token, which took ' + fmt.micros(wait) + '.'});
  }
  const ownP50 = own?.firstByteP50Micros ?? null;
  if (usual !== null && ownP50 !== null && ownP50 > 1.8 * usual) {
    all.push({weight: isCold ? wait / 2 : wait + 1, cause: 'slow endpoint', text: 'Slow endpoint: ' + shortName(endpoint) + ' takes ' + (ownP50 / usual).toFixed(1)
        + ' times as long to the first token as the others at present (' + fmt.micros(ownP50) + ' against ' + fmt.micros(usual) + ').'});
  }
  if (candidate && candidate.waitingRequests > 0) {
    all.push({weight: wait / 3, cause: 'engine queue', text: shortName(endpoint) + ' had ' + candidate.waitingRequests + ' requests waiting in its own queue when this one was placed.'});
  }
  if (request.attempts.length > 1) {
    all.push({weight: whole / 2, cause: 'retries', text: 'It was tried ' + request.attempts.length + ' times: '
        + request.attempts.map(attempt => shortName(attempt.endpoint) + ' ' + attempt.result).join(', ') + '.'});
  }
  if (candidate && !candidate.fresh) {
    all.push({weight: 1, cause: 'stale metrics', text: 'The metrics of ' + shortName(endpoint) + ' were stale at the decision.'});
  }
  if (request.outcome !== 'natural') {
    all.push({weight: whole * 2, cause: request.outcome, text: 'It ended as ' + request.outcome + (request.code === 'none' ? '' : ', ' + request.code) + '.'});
  }
  if (all.length === 0) {
    const biggest = [...parts].sort((a, b) => (b.to - b.from) - (a.to - a.from))[0];
    if (biggest) all.push({weight: 0, cause: 'none', text: 'Nothing stands out. Most of the time went to ' + biggest.name + ', ' + fmt.micros(biggest.to - biggest.from)
        + (biggest.kind === 'stream' && pace ? ', ' + fmt.micros(pace) + ' per token' : '') + '.'});
  }
  return all.sort((a, b) => b.weight - a.weight);
}

function requestView(entry, attempts) {
  const request = entry.request;
  const parts = steps(request, attempts);
  return h('section', {},
      h('p', {}, state(request.outcome), request.code === 'none' ? '' : ' ' + request.code, ' · came ', h('time', {}, fmt.exact(entry.startedAt))),
      facts([
        ['model', request.model], ['tenant', request.tenant], ['key', request.keyId], ['priority', String(request.priority)],
        ['route', request.route + (request.streaming ? ', streamed' : '')],
        ['tokens in / cached / out', [request.promptTokens, request.cachedTokens, request.outputTokens].map(fmt.tokens).join(' / ')],
        ['first token', request.firstByteMicros > 0 ? fmt.micros(request.firstByteMicros) : DASH],
        ['whole', fmt.micros(request.durationMicros)],
        ['endpoint', request.attempts.length === 0 ? DASH : shortName(request.attempts.at(-1).endpoint)],
      ]),
      h('h2', {}, 'What stands out'),
      h('ol', {class: 'findings', id: 'findings'}, findings(request, parts, attempts).map(each =>
          h('li', {data: {cause: each.cause}}, each.text))),
      h('h2', {}, 'Where the time went'),
      parts.length === 0 ? empty('It was refused before anything was done.') : waterfall(request, parts));
}

function attemptView(attempt, number, count) {
  const decision = attempt.decision;
  return h('section', {},
      h('h2', {}, count > 1 ? 'Decision ' + number + ' of ' + count : 'Decision'),
      h('p', {}, state(decision.outcome), ' · waited ' + fmt.micros(decision.queueMicros) + ', decided in ' + fmt.micros(decision.decisionMicros),
          decision.fallback ? ' · the prompt was computed where it was answered: ' + decision.fallback : ''),
      explanationView(attempt.explanation),
      attempt.calls.length === 0 ? null : h('details', {}, h('summary', {}, 'Time of plugins'),
          h('div', {class: 'scroll'}, h('table', {class: 'data'}, h('caption', {}, 'Calls in their order'),
              h('thead', {}, h('tr', {}, ['extension point', 'plugin', 'type', 'profile', 'time'].map((name, i) => h('th', {scope: 'col', class: i === 4 ? 'num' : ''}, name)))),
              h('tbody', {}, attempt.calls.map(call => h('tr', {}, h('td', {}, call.extensionPoint), h('td', {}, call.plugin),
                  h('td', {}, call.type ?? DASH), h('td', {}, call.profile ?? DASH), h('td', {class: 'num'}, fmt.micros(call.micros)))))))));
}

function draw() {
  const attempts = found.decisions?.attempts ?? [];
  const views = found.requests.map(entry => requestView(entry, attempts));
  if (views.length === 0) {
    views.push(empty(attempts.length === 0 ? 'No gateway that answers remembers this request. It may be under way, too old, or never have come.'
        : 'No gateway that answers remembers how it ended; it may be under way. This is what the scheduler decided.'));
  }
  if (attempts.length === 0 && found.missing) views.push(h('h2', {}, 'Decision'), empty(found.missing));
  $('#request').replaceChildren(...views, ...attempts.map((attempt, i) => attemptView(attempt, i + 1, attempts.length)));
}

async function ask() {
  try {
    found = await api('/requests/' + encodeURIComponent(id));
    draw();
    if (found.requests.length === 0) setTimeout(ask, 2000);
  } catch (e) {
    $('#request').replaceChildren(problem(e));
  }
}

// What stands out compares with the other endpoints, which the feed knows.
let isDrawnWithFrame = false;
onFrame(() => {
  if (!isDrawnWithFrame && found) {
    isDrawnWithFrame = true;
    draw();
  }
});

function curl() {
  const request = found?.requests[0]?.request;
  const body = {model: request?.model ?? 'MODEL', stream: request?.streaming ?? true, messages: [{role: 'user', content: 'PROMPT'}]};
  return "curl -N " + location.origin + "/v1/chat/completions -H \"authorization: Bearer $KEY\" -H \"content-type: application/json\" -d '" + JSON.stringify(body) + "'";
}

$('#share').addEventListener('click', () => navigator.clipboard.writeText(location.href));
$('#curl').addEventListener('click', () => navigator.clipboard.writeText(curl()));
$('#again').addEventListener('click', event => {
  const request = found?.requests[0]?.request;
  if (request) {
    event.preventDefault();
    location.href = '/console/dry-run?model=' + encodeURIComponent(request.model) + '&tokens=' + Math.max(1, request.promptTokens)
        + '&priority=' + request.priority + '&tenant=' + encodeURIComponent(request.tenant);
  }
});
ask();

import {$, DASH, api, empty, facts, fmt, h, problem, shortName, state} from './core.js';
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
      h('ol', {class: 'findings'}, entry.findings.map(each =>
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

import {$, DASH, api, copyButton, empty, fmt, frame, h, problem, Problem, shortName} from './core.js';

const columns = [];
let running = null;

/** Yields the data of each event of a stream. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (true) {
    const {value, done} = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = text.slice(0, end).split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5).trim()).join('\n');
      text = text.slice(end + 2);
      if (data && data !== '[DONE]') yield JSON.parse(data);
    }
  }
}

function bodyFor(column) {
  const messages = column.messages.map(({role, content}) => ({role, content}));
  const system = $('#system').value.trim();
  const body = {model: column.model(), messages: system ? [{role: 'system', content: system}, ...messages] : messages,
    max_tokens: Number($('#max-tokens').value) || 256, stream: true, stream_options: {include_usage: true}};
  if ($('#temperature').value !== '') body.temperature = Number($('#temperature').value);
  return body;
}

const snippet = {
  curl: body => 'curl -N ' + location.origin + '/v1/chat/completions -H "authorization: Bearer $KEY" \\\n  -H "content-type: application/json" \\\n  -d \''
      + JSON.stringify(body).replaceAll("'", "'\\''") + "'",
  Python: body => 'from openai import OpenAI\nclient = OpenAI(base_url="' + location.origin + '/v1", api_key=KEY)\n'
      + 'for part in client.chat.completions.create(model="' + body.model + '", stream=True, max_tokens=' + body.max_tokens + ',\n'
      + '        messages=' + JSON.stringify(body.messages) + '):\n    print(part.choices[0].delta.content or "", end="")',
};

function turn(column, who, text) {
  const content = h('p', {class: 'text'}, text);
  const about = h('div', {class: 'about'});
  const element = h('div', {class: 'turn'}, h('span', {class: 'who'}, who), content, about);
  column.list.querySelector('.empty')?.remove();
  column.list.append(element);
  column.list.scrollTop = column.list.scrollHeight;
  return {content, about, element};
}

async function answer(column, signal) {
  const body = bodyFor(column);
  const shown = turn(column, body.model, '');
  column.last = shown.element;
  const begin = performance.now();
  let first = 0;
  let usage = null;
  let text = '';
  let id = '';
  let address = '';
  let isStopped = false;
  try {
    const response = await fetch('/v1/chat/completions', {method: 'POST', signal, body: JSON.stringify(body),
      headers: {'content-type': 'application/json', authorization: 'Bearer ' + $('#key').value.trim()}});
    id = response.headers.get('x-request-id') ?? '';
    address = response.headers.get('x-gateway-destination-endpoint-served') ?? '';
    if (!response.ok) {
      const refused = await response.json().catch(() => ({}));
      throw new Problem(response.status, refused.error ?? {detail: 'status ' + response.status}, id);
    }
    for await (const event of events(response.body)) {
      if (event.error) throw new Problem(200, event.error, id);
      usage = event.usage ?? usage;
      const part = event.choices?.[0]?.delta?.content;
      if (part) {
        first ||= performance.now();
        text += part;
        shown.content.textContent = text;
        column.list.scrollTop = column.list.scrollHeight;
      }
    }
  } catch (e) {
    if (e.name === 'AbortError') isStopped = true;
    else shown.element.append(problem(e instanceof Problem ? e : new Problem(0, {detail: 'The answer broke off: ' + e.message}, id)));
  }
  const end = performance.now();
  if (text) column.messages.push({role: 'assistant', content: text});
  const tokens = usage?.completion_tokens ?? null;
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? null;
  const endpoint = frame()?.endpoints.find(each => each.address === address);
  shown.about.replaceChildren(
      h('span', {}, 'TTFT ' + (first ? fmt.millis(first - begin) : DASH)),
      h('span', {}, tokens > 1 && first ? fmt.rate((tokens - 1) / ((end - first) / 1000)) + ' tokens/s' : DASH + ' tokens/s'),
      h('span', {}, fmt.tokens(usage?.prompt_tokens) + ' tokens in, ' + fmt.tokens(cached) + ' cached, ' + fmt.tokens(tokens) + ' out'),
      address ? h('span', {}, 'by ' + (endpoint ? shortName(endpoint.id) : address)) : '',
      id ? h('a', {href: '/console/requests/' + encodeURIComponent(id)}, 'why there') : '',
      isStopped ? h('span', {}, 'stopped by you') : '',
      h('details', {}, h('summary', {}, 'Code'), Object.entries(snippet).map(([name, write]) =>
          h('div', {}, h('strong', {}, name), ' ', copyButton(() => write(body)), h('pre', {tabindex: '0'}, write(body))))));
}

async function run() {
  running = new AbortController();
  $('#send').disabled = $('#regenerate').disabled = true;
  $('#stop').disabled = false;
  const both = columns.filter(column => column.isOn()).map(column => answer(column, running.signal));
  await Promise.all(both);
  running = null;
  $('#send').disabled = $('#regenerate').disabled = false;
  $('#stop').disabled = true;
  $('#message').focus();
}

function column(select, isFirst) {
  const list = h('div', {class: 'conversation', tabindex: '0', role: 'log', 'aria-label': isFirst ? 'Conversation' : 'Second conversation'});
  const box = h('div', {}, list);
  $('#chats').append(box);
  const self = {messages: [], list, box, last: null, model: () => select.value, isOn: () => select.value !== ''};
  columns.push(self);
  return self;
}

function clear() {
  for (const each of columns) {
    each.messages = [];
    each.list.replaceChildren(empty('The conversation appears here.'));
    each.box.hidden = !each.isOn();
  }
  $('#regenerate').disabled = true;
}

$('#form').addEventListener('submit', event => {
  event.preventDefault();
  if (running) return;
  const text = $('#message').value.trim();
  if (text === '') return;
  $('#message').value = '';
  for (const each of columns.filter(column => column.isOn())) {
    each.messages.push({role: 'user', content: text});
    turn(each, 'you', text);
  }
  run();
});
$('#stop').addEventListener('click', () => running?.abort());
$('#regenerate').addEventListener('click', () => {
  for (const each of columns.filter(column => column.isOn())) {
    if (each.messages.at(-1)?.role === 'assistant') each.messages.pop();
    each.last?.remove();
  }
  run();
});
$('#clear').addEventListener('click', () => { running?.abort(); clear(); });
$('#second').addEventListener('change', clear);
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') running?.abort();
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('#form').requestSubmit();
});
column($('#model'), true);
column($('#second'), false);
try {
  const [session, models] = await Promise.all([api('/session'), api('/models')]);
  $('#key').value = session.chatKey ?? '';
  for (const model of models.models) {
    $('#model').append(h('option', {}, model));
    $('#second').append(h('option', {}, model));
  }
  $('#settings-box').open = !session.chatKey;
} catch (e) {
  $('#chats').before(problem(e));
}
clear();

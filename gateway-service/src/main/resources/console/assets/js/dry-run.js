import {$, api, h, problem} from './core.js';
import {explanationView} from './decision.js';

const form = $('#form');
const parameters = new URLSearchParams(location.search);
let snapshot = null;
let last = null;

/** Text of about so many tokens, the same for the same number. */
function words(tokens) {
  return Array.from({length: tokens}, (_, i) => 'word' + (i % 997)).join(' ');
}

async function fill(tokens, model) {
  const chosen = model ?? (await fetch('/console/api/models').then(answer => answer.ok ? answer.json() : {models: []})).models[0] ?? 'MODEL';
  const path = form.path.value;
  const text = words(tokens);
  const body = path.endsWith('chat/completions') ? {model: chosen, stream: true, messages: [{role: 'user', content: text}]}
      : path.endsWith('embeddings') ? {model: chosen, input: text} : {model: chosen, stream: true, prompt: text};
  $('#body').value = JSON.stringify(body);
}

async function decide(event) {
  event.preventDefault();
  const result = $('#result');
  result.replaceChildren(h('p', {'aria-busy': 'true'}, 'Deciding'));
  try {
    const body = JSON.parse($('#body').value);
    const path = form.path.value;
    let explanation;
    if (form.against.value === 'saved') {
      if (!snapshot) throw new Error('Choose a snapshot file first, or save the pool as it is.');
      last = {snapshot, path, headers: {}, body};
      explanation = await api('/scheduler/v1/snapshot:explain', {method: 'POST', body: last});
    } else {
      last = {snapshot: await api('/scheduler/v1/snapshot'), path, headers: {}, body};
      const query = new URLSearchParams({path, priority: form.priority.value || '0'});
      if (form.tenant.value) query.set('tenant', form.tenant.value);
      explanation = await api('/scheduler/v1/schedule:explain?' + query, {method: 'POST', body});
    }
    result.replaceChildren(explanationView(explanation));
    $('#save').disabled = false;
  } catch (e) {
    const readable = e instanceof SyntaxError ? new Error('The body is no JSON: ' + e.message) : e;
    result.replaceChildren(problem(readable));
  }
}

function download(value, name) {
  const link = h('a', {href: URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], {type: 'application/json'})), download: name});
  link.click();
  URL.revokeObjectURL(link.href);
}

form.addEventListener('submit', decide);
$('#fill').addEventListener('click', () => fill(Number($('#tokens').value)));
$('#against').addEventListener('change', event => { $('#saved').hidden = event.target.value !== 'saved'; });
$('#snapshot').addEventListener('change', async event => {
  try {
    const read = JSON.parse(await event.target.files[0].text());
    snapshot = read.snapshot ?? read;
  } catch (e) {
    $('#result').replaceChildren(problem(new Error('The file is no snapshot: ' + e.message)));
  }
});
$('#save-snapshot').addEventListener('click', async () => {
  try {
    snapshot = await api('/scheduler/v1/snapshot');
    download(snapshot, 'pool.json');
  } catch (e) {
    $('#result').replaceChildren(problem(e));
  }
});
// With its snapshot, so that it decides the same later.
$('#save').addEventListener('click', () => download(last, 'dry-run.json'));
if (parameters.has('priority')) form.priority.value = parameters.get('priority');
if (parameters.has('tenant')) form.tenant.value = parameters.get('tenant');
const tokens = Number(parameters.get('tokens') ?? 200);
$('#tokens').value = String(tokens);
fill(tokens, parameters.get('model')).then(() => {
  if (parameters.has('tokens')) form.requestSubmit();
});

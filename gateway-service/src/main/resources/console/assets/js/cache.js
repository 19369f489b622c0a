import {$, DASH, api, empty, facts, fmt, h, isOperator, isPaused, meter, onFrame, problem, shortName, state, table} from './core.js';

let endpoints = [];
let before = null;
let isAsking = false;

const reuse = table($('#reuse'), {
  caption: 'Share of prompt tokens that came from a cache, as the endpoints counted it in the last 10 s',
  key: row => row.id,
  rowHeader: 'name',
  columns: [
    {id: 'name', title: 'endpoint', text: row => shortName(row.id), sort: row => row.id},
    {id: 'cached', title: 'reported', num: true, text: row => fmt.share(row.cachedShare), sort: row => row.cachedShare,
      node: row => h('span', {class: 'nowrap'}, meter(row.cachedShare, 'cached share'), ' ' + fmt.share(row.cachedShare))},
    {id: 'predicted', title: 'predicted', num: true, help: 'share that decisions expected there, of the last 200',
      text: row => fmt.share(row.predicted), sort: row => row.predicted},
    {id: 'kv', title: 'KV cache in use', num: true, text: row => fmt.share(row.kvCacheUsage), sort: row => row.kvCacheUsage},
    {id: 'rate', title: 'req/s', num: true, text: row => fmt.rate(row.requestsPerSecond), sort: row => row.requestsPerSecond},
  ],
  none: () => empty('Endpoints appear when the scheduler names them.'),
});
const blocks = tiers => Object.values(tiers).reduce((sum, n) => sum + n, 0);
const sources = table($('#sources'), {
  caption: 'How each rank of an endpoint is followed',
  key: row => row.endpoint + ' ' + row.rank,
  rowHeader: 'endpoint',
  columns: [
    {id: 'endpoint', title: 'endpoint', text: row => row.endpoint, sort: row => row.endpoint},
    {id: 'rank', title: 'rank', num: true, text: row => String(row.rank)},
    {id: 'state', title: 'state', text: row => row.state, node: row => state(row.state.replaceAll('_', ' '), row.state)},
    {id: 'blocks', title: 'blocks', num: true, text: row => fmt.count(blocks(row.blocks)), sort: row => blocks(row.blocks)},
    {id: 'lag', title: 'batches behind', num: true, text: row => fmt.count(row.lagBatches), sort: row => row.lagBatches},
    {id: 'age', title: 'behind', num: true, text: row => row.lagMillis < 0 ? DASH : fmt.millis(row.lagMillis)},
    {id: 'rate', title: 'batches/s', num: true, text: row => fmt.rate(row.rate), sort: row => row.rate},
    {id: 'gaps', title: 'gaps', num: true, text: row => fmt.count(row.counters.gaps ?? row.counters.gap ?? 0)},
    {id: 'drops', title: 'dropped', num: true, text: row => fmt.count(Object.values(row.drops).reduce((sum, n) => sum + n, 0))},
    {id: 'do', title: '', text: row => row.endpoint, node: row => isOperator()
        ? h('button', {type: 'button', class: 'small outline', title: 'forget what it holds, and ask it for everything again',
          onclick: () => clear(row.endpoint)}, 'Clear') : h('span')},
  ],
  none: () => empty('Sources appear when an endpoint publishes events.'),
});

async function clear(endpoint) {
  try {
    await api('/kv-index/v1/clear?endpoint=' + encodeURIComponent(endpoint), {method: 'POST', body: ''});
  } catch (e) {
    $('#index').replaceChildren(problem(e));
  }
}

function drawPrefixes(prefixes) {
  const holders = endpoints.map(endpoint => endpoint.id);
  if (prefixes.prefixes.length === 0) {
    $('#prefixes').replaceChildren(h('tbody', {}, h('tr', {}, h('td', {}, empty('Prefixes appear when several prompts begin alike, such as by', './llmd load --rps 10 --for 30s')))));
    return;
  }
  $('#prefixes').replaceChildren(
      h('caption', {}, prefixes.prefixes.length + ' prefixes'),
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'hash'), h('th', {scope: 'col', class: 'num'}, 'tokens'), h('th', {scope: 'col', class: 'num'}, 'asked for'),
          holders.map(id => h('th', {scope: 'col', class: 'heat'}, shortName(id))))),
      h('tbody', {}, prefixes.prefixes.map(prefix => h('tr', {}, h('th', {scope: 'row'}, h('code', {}, prefix.key)),
          h('td', {class: 'num'}, fmt.tokens(prefix.tokens)), h('td', {class: 'num'}, fmt.count(prefix.queries)),
          holders.map(id => {
            const holds = prefix.holders.some(holder => holder === id || shortName(holder) === shortName(id));
            return h('td', {class: 'heat', 'aria-label': holds ? 'held' : 'not held'}, holds ? '■' : '·');
          })))));
}

async function predictions() {
  const {decisions} = await api('/scheduler/v1/decisions?limit=200');
  const sums = new Map();
  for (const decision of decisions) {
    const id = decision.endpoints[0];
    const usage = decision.usage;
    if (!id || !(decision.expectedCachedTokens >= 0) || usage.promptTokens <= 0) continue;
    const sum = sums.get(id) ?? {predicted: 0, prompt: 0};
    sum.predicted += Math.min(decision.expectedCachedTokens, usage.promptTokens);
    sum.prompt += usage.promptTokens;
    sums.set(id, sum);
  }
  return sums;
}

async function ask() {
  if (isAsking || isPaused()) return;
  isAsking = true;
  const predicted = await predictions().catch(() => new Map());
  reuse.update(endpoints.map(endpoint => {
    const sum = predicted.get(endpoint.id);
    return {...endpoint, predicted: sum ? sum.predicted / sum.prompt : null};
  }));
  try {
    const [stats, followed, prefixes] = await Promise.all([
      api('/kv-index/v1/stats'), api('/kv-index/v1/sources'), api('/kv-index/v1/top-prefixes?limit=20').catch(() => ({prefixes: []}))]);
    $('#index').replaceChildren(facts([
      ['state', stats.ready ? state('ready', 'ok') : state('not ready', 'warning')],
      ['distinct blocks', fmt.count(stats.blocks)], ['held, over endpoints', fmt.count(stats.memberships)],
      ['tokens per block', fmt.count(stats.blockTokens)], ['memory', fmt.bytes(stats.sizeBytes) + ' of ' + fmt.bytes(stats.maxBytes)],
      ['forgotten for want of memory', fmt.count(stats.evictedBlocks)], ['ranks followed', fmt.count(stats.lanes)],
    ]));
    const now = Date.now();
    const old = before;
    sources.update(followed.sources.map(source => {
      const was = old?.sources.find(each => each.endpoint === source.endpoint && each.rank === source.rank);
      return {...source, rate: was && source.sequence >= was.sequence ? (source.sequence - was.sequence) / ((now - old.at) / 1000) : null};
    }));
    before = {at: now, sources: followed.sources};
    drawPrefixes(prefixes);
  } catch (e) {
    $('#index').replaceChildren(e.code === 'not_configured'
        ? empty('No KV index belongs to this suite: the scheduler estimates what endpoints hold. Start one that follows their events with', './llmd up --with-kv-index')
        : problem(e));
    sources.update([]);
    drawPrefixes({prefixes: []});
  } finally {
    isAsking = false;
  }
}

let ticks = 0;
onFrame(data => {
  endpoints = data.endpoints;
  if (ticks++ % 2 === 0) ask();
});

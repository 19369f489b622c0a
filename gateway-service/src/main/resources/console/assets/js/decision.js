// A decision of the scheduler: what was seen, what plugins said, and what other weights would have chosen.
import {DASH, facts, fmt, h, shortName} from './core.js';

const clamped = raw => raw >= 0 ? Math.min(raw, 1) : 0;

/**
 * Totals and choice of a profile under weights by scorer, as the scheduler computes them: in the order of the scorers, of scores
 * in [0, 1]. Endpoints that are equally good are all in `best`; which of them is taken is left to chance.
 */
export function recompute(profile, weights = {}) {
  const totals = new Map(profile.totals.map(total => [total.endpoint, 0]));
  for (const scorer of profile.scorers) {
    const weight = weights[scorer.plugin] ?? scorer.weight;
    for (const score of scorer.scores) {
      if (totals.has(score.endpoint)) totals.set(score.endpoint, totals.get(score.endpoint) + clamped(score.raw) * weight);
    }
  }
  const top = Math.max(...totals.values());
  return {totals, best: [...totals.keys()].filter(endpoint => totals.get(endpoint) === top)};
}

/** Whether the picked endpoint is the one that the numbers of the page lead to. */
export function agrees(profile) {
  return profile.picked.length === 0 || recompute(profile).best.includes(profile.picked[0]);
}

const describe = step => step.description ? step.description.type + (step.description.parameters ? ', ' + step.description.parameters : '') : '';

function removedBy(endpoint, steps) {
  const step = steps.find(each => each.verdicts.some(verdict => verdict.endpoint === endpoint && !verdict.kept));
  return step ? step.plugin : null;
}

/** Table of a profile: each candidate, who removed it, scores with weights, and the total. */
function profileTable(explanation, profile) {
  const weights = {};
  const chosen = h('p');
  const body = h('tbody');
  const steps = [...explanation.screeners, ...profile.filters];

  function scoreOf(scorer, endpoint) {
    return scorer.scores.find(score => score.endpoint === endpoint);
  }

  function draw() {
    const {totals, best} = recompute(profile, weights);
    const isChanged = profile.scorers.some(scorer => (weights[scorer.plugin] ?? scorer.weight) !== scorer.weight);
    const picked = isChanged ? best : profile.picked.slice(0, 1);
    body.replaceChildren(...explanation.candidates
        .map(candidate => candidate.id)
        .sort((a, b) => (totals.get(b) ?? -1) - (totals.get(a) ?? -1))
        .map(endpoint => {
          const removed = removedBy(endpoint, steps);
          const isPicked = picked.includes(endpoint);
          return h('tr', {class: isPicked ? 'chosen' : removed ? 'removed' : ''},
              h('th', {scope: 'row'}, shortName(endpoint), isPicked ? ' ✓ chosen' : ''),
              h('td', {}, removed ? 'removed by ' + removed : steps.length === 0 ? DASH : 'kept'),
              profile.scorers.flatMap(scorer => {
                const score = scoreOf(scorer, endpoint);
                const weight = weights[scorer.plugin] ?? scorer.weight;
                return [h('td', {class: 'num'}, score ? fmt.number(score.raw) : DASH),
                  h('td', {class: 'num'}, score ? fmt.number(clamped(score.raw) * weight) : DASH)];
              }),
              h('td', {class: 'num'}, totals.has(endpoint) ? fmt.number(totals.get(endpoint)) : DASH));
        }));
    chosen.replaceChildren(...verdict(profile, best, isChanged));
  }

  const sliders = profile.scorers.map(scorer => {
    const output = h('output', {}, String(scorer.weight));
    const input = h('input', {type: 'range', min: '0', max: String(Math.max(4, scorer.weight * 2)), step: '0.1',
      value: String(scorer.weight), 'aria-label': 'weight of ' + scorer.plugin, oninput: event => {
        weights[scorer.plugin] = Number(event.target.value);
        output.textContent = event.target.value;
        draw();
      }});
    return {scorer, input, output};
  });
  const reset = h('button', {type: 'button', class: 'small outline', onclick: () => {
    for (const each of sliders) {
      delete weights[each.scorer.plugin];
      each.input.value = String(each.scorer.weight);
      each.output.textContent = String(each.scorer.weight);
    }
    draw();
  }}, 'Weights as they were');
  draw();
  return h('section', {},
      h('h3', {}, 'Profile ' + profile.name),
      chosen,
      h('div', {class: 'scroll'}, h('table', {class: 'data decision'},
          h('caption', {}, 'Every candidate; a weighted score is the score times its weight, the total is their sum'),
          h('thead', {},
              h('tr', {}, h('th', {scope: 'col', rowspan: '2'}, 'endpoint'), h('th', {scope: 'col', rowspan: '2'}, 'filters'),
                  profile.scorers.map(scorer => h('th', {scope: 'colgroup', colspan: '2', class: 'num', title: describe(scorer)}, scorer.plugin)),
                  h('th', {scope: 'col', rowspan: '2', class: 'num'}, 'total')),
              h('tr', {}, profile.scorers.flatMap(scorer => [
                h('th', {scope: 'col', class: 'num'}, 'score'), h('th', {scope: 'col', class: 'num'}, 'weighted')]))),
          body)),
      profile.scorers.length === 0 ? null : h('details', {open: profile.scorers.length > 1},
          h('summary', {}, 'Under other weights'),
          h('p', {class: 'quiet'}, 'Computed on this page from the scores above; no traffic, and nothing is changed.'),
          h('div', {class: 'weights'}, sliders.flatMap(each => [h('span', {}, each.scorer.plugin), each.input, each.output])),
          reset),
      profile.filters.length === 0 ? null : h('details', {}, h('summary', {}, 'Filters'),
          h('ul', {}, profile.filters.map(filter => h('li', {}, h('strong', {}, filter.plugin), ' ', describe(filter), ': kept ',
              filter.verdicts.filter(verdict => verdict.kept).length + ' of ' + filter.verdicts.length)))));
}

function verdict(profile, best, isChanged) {
  const names = best.map(shortName).join(', ');
  if (profile.totals.length === 0) return ['No candidate was left.'];
  if (isChanged) {
    const isSame = best.includes(profile.picked[0]);
    return [isSame ? 'These weights choose the same: ' : 'These weights would choose ', h('strong', {}, names), '.'];
  }
  const picked = profile.picked[0];
  if (picked === undefined) return ['Nobody was picked.'];
  const text = ['Picked ', h('strong', {}, shortName(picked)), ' by ' + (profile.picker ?? 'default') + '.'];
  if (!best.includes(picked)) text.push(' The picker draws at random by the totals; the highest has ' + names + '.');
  else if (profile.ties.length > 1) text.push(' By chance among ' + profile.ties.length + ' with the same total: ' + profile.ties.map(shortName).join(', ') + '.');
  if (profile.reason) text.push(' ' + profile.reason);
  return text;
}

/** What the decision saw of each candidate. */
function seenTable(explanation) {
  const hasCost = explanation.candidates.some(candidate => candidate.cost);
  const hasForecast = explanation.candidates.some(candidate => candidate.predicted);
  return h('details', {open: true},
      h('summary', {}, 'What it saw'),
      h('div', {class: 'scroll'}, h('table', {class: 'data'},
          h('caption', {}, 'Endpoints as they were known at the decision'),
          h('thead', {}, h('tr', {}, ['endpoint', 'metrics age', 'running', 'waiting', 'KV use', 'placed', 'tokens placed', 'cached blocks', 'known from']
              .map((name, i) => h('th', {scope: 'col', class: i > 0 && i < 8 ? 'num' : ''}, name)),
          hasCost ? h('th', {scope: 'col'}, 'cost in ms') : null,
          hasForecast ? h('th', {scope: 'col', class: 'num'}, 'expected TTFT') : null)),
          h('tbody', {}, explanation.candidates.map(candidate => h('tr', {class: candidate.fresh ? '' : 'old'},
              h('th', {scope: 'row'}, shortName(candidate.id)),
              h('td', {class: 'num'}, candidate.metricsAgeMillis < 0 ? DASH : fmt.millis(candidate.metricsAgeMillis) + (candidate.fresh ? '' : ', stale')),
              h('td', {class: 'num'}, fmt.count(candidate.runningRequests)),
              h('td', {class: 'num'}, fmt.count(candidate.waitingRequests)),
              h('td', {class: 'num'}, fmt.share(candidate.kvCacheUsage)),
              h('td', {class: 'num'}, fmt.count(candidate.inFlightRequests)),
              h('td', {class: 'num'}, fmt.tokens(candidate.inFlightTokens)),
              h('td', {class: 'num'}, candidate.totalBlocks === 0 ? DASH : candidate.matchedBlocks + ' of ' + candidate.totalBlocks),
              h('td', {}, candidate.matchedBy ? candidate.matchedBy.replaceAll('_', ' ') : DASH),
              hasCost ? h('td', {}, candidate.cost ?? DASH) : null,
              hasForecast ? h('td', {class: 'num'}, candidate.predicted ? fmt.millis(candidate.predicted.timeToFirstTokenMillis) : DASH) : null))))));
}

/** An explanation for people. */
export function explanationView(explanation) {
  const request = explanation.request;
  const outcome = explanation.verdict;
  return h('div', {},
      outcome.outcome === 'rejection'
          ? h('p', {class: 'problem'}, 'Refused: ' + outcome.message)
          : h('p', {}, 'Sent to ', h('strong', {}, outcome.endpoints.map(shortName).join(', then ')), ' by profile ' + outcome.profile + '.'),
      request === null ? null : facts([
        ['model', request.model], ['priority', fmt.number(request.priority)], ['flow', request.fairnessId || DASH],
        ['prompt', fmt.tokens(request.promptTokens) + ' tokens' + (request.exactTokens ? '' : ', estimated')],
        ['most output', request.maxOutputTokens < 0 ? DASH : fmt.tokens(request.maxOutputTokens) + ' tokens'],
      ]),
      explanation.times ? h('p', {}, 'Held to ' + explanation.times + '.') : null,
      explanation.profiles.map(profile => profileTable(explanation, profile)),
      seenTable(explanation),
      explanation.leftOut.length > 0 ? h('p', {}, 'Left out because they failed or lacked data: ' + explanation.leftOut.join(', ') + '.') : null,
      explanation.passedOver.length > 0 ? h('p', {}, 'Not called because they failed again and again: ' + explanation.passedOver.join(', ') + '.') : null);
}

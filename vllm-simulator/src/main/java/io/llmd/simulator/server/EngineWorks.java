package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.metrics.MeterPage;
import io.llmd.simulator.openai.LoraAdapters;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.OutputPlan;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the engines of an endpoint have to do. Safe from any thread. */
final class EngineWorks {
    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final LoraAdapters adapters;
    private final EngineRanks ranks;
    private final Admission admission;
    private final Set<EngineWork> inProgress = ConcurrentHashMap.newKeySet();

    EngineWorks(SimulatorSettings settings, Tokenizer tokenizer, LoraAdapters adapters, EngineRanks ranks) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.adapters = adapters;
        this.ranks = ranks;
        admission = new Admission(settings.admission());
    }

    /**
     * Lets a request in.
     *
     * @param rank value of the header that names the rank, absent without
     * @param faults that it meets
     * @param trace its span
     * @throws ApiException if there is no such rank, or too much in progress
     */
    EngineWork admit(Reply.Generate generate, @Nullable String rank, RequestFaults faults, WorkTrace trace) {
        EngineRank chosen = ranks.choose(rank);
        admission.check(generate, ranks.sum(engine -> engine.waiting() + engine.arriving()));
        return new EngineWork(this, chosen, generate, faults, trace);
    }

    List<Choice> choices(Reply.Generate generate, EngineRank rank, Runnable wake) {
        Sampling sampling = generate.sampling();
        List<Choice> choices = new ArrayList<>(generate.prompts().size() * sampling.n());
        for (RenderedPrompt prompt : generate.prompts()) {
            for (int i = 0; i < sampling.n(); i++) {
                OutputPlan plan = generate.promptOnly()
                        ? OutputPlan.none(tokenizer)
                        : OutputPlan.of(settings, tokenizer, prompt, sampling, i);
                choices.add(new Choice(ranks.newId(rank), choices.size(), prompt.tokens(), plan, wake));
            }
        }
        return choices;
    }

    /** The adapter that is served under a name; absent for the model itself. */
    @Nullable
    String adapter(String model) {
        return adapters.find(model) == null ? null : model;
    }

    void begin(EngineWork work) {
        admission.begin(work.choices());
        work.rank().inProgress(work.choices().size());
        inProgress.add(work);
    }

    void end(EngineWork work) {
        inProgress.remove(work);
        work.rank().inProgress(-work.choices().size());
        admission.end(work.choices());
    }

    /** Requests in progress. */
    int size() {
        return inProgress.size();
    }

    MeterPage.Rejections rejections() {
        return admission.rejections();
    }

    void abort(Collection<String> ids) {
        Set<String> wanted = Set.copyOf(ids);
        inProgress.forEach(work -> work.abort(wanted));
    }

    /** Returns how many prompts there were. */
    int abortAll() {
        int prompts = 0;
        for (EngineWork work : inProgress) {
            prompts += work.generate().prompts().size();
            work.abort();
        }
        return prompts;
    }
}

package io.llmd.simulator.server;

import io.llmd.simulator.control.Engines;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.openai.LoraApi;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The engines of an endpoint as those see them who operate it. Safe from any thread. */
final class RankControl implements Engines, LoraApi.Host {
    private final EngineRanks ranks;
    private final EngineWorks works;

    RankControl(EngineRanks ranks, EngineWorks works) {
        this.ranks = ranks;
        this.works = works;
    }

    @Override
    public <T> CompletionStage<List<T>> onEach(Action<T> action) {
        List<CompletableFuture<T>> answers =
                ranks.all().stream().map(rank -> rank.engine().ask(action)).toList();
        return all(answers)
                .thenApply(done -> answers.stream().map(CompletableFuture::join).toList());
    }

    @Override
    public CompletionStage<Void> idle() {
        return all(ranks.all().stream().map(rank -> rank.engine().whenIdle()).toList());
    }

    private static CompletableFuture<Void> all(List<? extends CompletableFuture<?>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    }

    @Override
    public List<EngineSnapshot> snapshots() {
        return ranks.snapshots();
    }

    @Override
    public void abort(Collection<String> requestIds) {
        works.abort(requestIds);
    }

    @Override
    public int abortAll() {
        return works.abortAll();
    }

    @Override
    public void keep(String adapter) {
        ranks.all().forEach(rank -> rank.engine().later((engine, now) -> engine.keepAdapter(adapter)));
    }

    @Override
    public void forget(String adapter) {
        ranks.all().forEach(rank -> rank.engine().later((engine, now) -> engine.forgetAdapter(adapter)));
    }
}

package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.MediaKey;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.handoff.TransferLeg;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.OutputPlan;
import io.llmd.simulator.output.SequenceEnd;
import io.llmd.simulator.token.RenderedPrompt;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one request makes an engine do. Its owner starts and ends it on one thread; it can be aborted from any thread in
 * between.
 */
final class EngineWork {
    private final EngineWorks works;
    private final EngineRank rank;
    private final Reply.Generate generate;
    private final RequestFaults faults;
    private final WorkTrace trace;
    private volatile List<Choice> choices = List.of();

    EngineWork(EngineWorks works, EngineRank rank, Reply.Generate generate, RequestFaults faults, WorkTrace trace) {
        this.works = works;
        this.rank = rank;
        this.generate = generate;
        this.faults = faults;
        this.trace = trace;
    }

    /** Whether an ended sequence has something to tell. */
    static boolean isComplete(Choice choice) {
        SequenceEnd end = choice.end();
        return end != null && !end.lost();
    }

    Reply.Generate generate() {
        return generate;
    }

    EngineRank rank() {
        return rank;
    }

    /** Starts all sequences; {@code wake} is called from the engine's thread whenever one of them got on. */
    List<Choice> start(Runnable wake) {
        List<Choice> started = works.choices(generate, rank, trace == WorkTrace.NONE ? wake : () -> tell(wake));
        choices = started;
        works.begin(this);
        TransferLeg leg = rank.transfers().leg(generate);
        for (Choice choice : started) {
            List<MediaKey> media = media(promptOf(choice));
            EngineRequest request = request(choice, leg, media);
            rank.engine()
                    .submitLater(
                            request,
                            rank.transfers().reporting(leg, choice),
                            rank.transfers().admission(request, leg, generate, media, faults));
        }
        return started;
    }

    private void tell(Runnable wake) {
        trace.progressed(choices);
        wake.run();
    }

    private EngineRequest request(Choice choice, TransferLeg leg, List<MediaKey> media) {
        OutputPlan plan = choice.plan();
        Double threshold = generate.transfer().cacheHitThreshold();
        return new EngineRequest(
                choice.engineId(),
                choice.prompt(),
                plan.length(),
                plan.maxTokens(),
                plan.reason(),
                plan.tokens(),
                generate.sampling().priority(),
                generate.sampling().cacheSalt(),
                works.adapter(generate.model()),
                media,
                leg.reads() == null ? 0 : choice.prompt().length,
                rank.transfers().holds(leg),
                threshold == null ? 0 : threshold);
    }

    private RenderedPrompt promptOf(Choice choice) {
        return generate.prompts().get(choice.index() / generate.sampling().n());
    }

    private static List<MediaKey> media(RenderedPrompt prompt) {
        return prompt.media().stream()
                .map(item -> new MediaKey(item.hash(), item.offset(), item.length()))
                .toList();
    }

    List<Choice> choices() {
        return choices;
    }

    /** The body of a complete answer. */
    JsonNode body() {
        JsonNode body = generate.answer().body(choices);
        if (body instanceof ObjectNode object) {
            rank.transfers()
                    .complete(
                            object,
                            generate,
                            choices.subList(0, generate.sampling().n()),
                            media(generate.prompts().getFirst()),
                            faults);
        }
        return body;
    }

    /** Gives back what {@link #start} took; aborts what the engine still computes. */
    void end() {
        int n = generate.sampling().n();
        for (int first = 0; first < choices.size(); first += n) {
            int most = choices.subList(first, first + n).stream()
                    .mapToInt(Choice::produced)
                    .max()
                    .orElse(0);
            rank.meters().ended(n, most);
        }
        works.end(this);
        trace.ended(choices);
        abort();
    }

    /** Ends what the engine still computes. */
    void abort() {
        for (Choice choice : choices) {
            if (choice.end() == null) {
                rank.engine().abortLater(choice.engineId());
            }
        }
    }

    /** Ends what the engine still computes for prompts that have one of these ids, which are those inside vLLM. */
    void abort(Set<String> ids) {
        for (Choice choice : choices) {
            if (choice.end() == null
                    && (ids.contains(generate.id())
                            || ids.contains(promptId(
                                    choice.index() / generate.sampling().n())))) {
                rank.engine().abortLater(choice.engineId());
            }
        }
    }

    private String promptId(int prompt) {
        if (generate.id().startsWith("cmpl-")) {
            return generate.id() + "-" + prompt;
        }
        return generate.prompts().size() == 1 ? generate.id() : generate.id() + "_" + prompt;
    }
}

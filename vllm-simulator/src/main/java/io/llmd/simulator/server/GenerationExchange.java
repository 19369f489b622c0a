package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.fault.AnswerFaults;
import io.llmd.simulator.fault.InjectedErrors;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.SequenceEnd;
import io.netty.channel.ChannelHandlerContext;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One request between engine and client. Its methods run on the connection's event loop; only {@link #wake} comes from
 * the engine's thread.
 *
 * <p>Nothing is buffered for a slow reader: what the engine has produced is a number, and text is made when the channel
 * takes it. What piled up while the channel was full goes out as one event.
 */
final class GenerationExchange implements Exchange {
    private final ChannelHandlerContext context;
    private final Endpoint endpoint;
    private final EngineWork work;
    private final Reply.Generate generate;
    private final AnswerOutput output;
    private final AnswerFaults faults;
    private final Runnable done;
    private final AtomicBoolean drainQueued = new AtomicBoolean();
    private final StringBuilder text = new StringBuilder();
    private List<Choice> choices = List.of();
    private @Nullable Future<?> stallTimer;
    private boolean opened;
    private boolean firstOutputSent;
    private boolean behind;
    private boolean stalled;
    private boolean stallOver;
    private volatile boolean ended;

    /** @param done called once when the connection is free for its next request */
    GenerationExchange(
            ChannelHandlerContext context,
            Endpoint endpoint,
            EngineWork work,
            AnswerOutput output,
            AnswerFaults faults,
            Runnable done) {
        this.context = context;
        this.endpoint = endpoint;
        this.work = work;
        generate = work.generate();
        this.output = output;
        this.faults = faults;
        this.done = done;
    }

    void start() {
        choices = work.start(this::wake);
        if (faults.headStallNanos() > 0) {
            stall(faults.headStallNanos());
        } else {
            open();
        }
    }

    private void open() {
        opened = true;
        if (generate.sampling().stream()) {
            output.open();
            generate.answer().open(text);
            output.events(text);
            output.flush();
        }
    }

    /** Schedules a look at what the engine has done; at most one is queued. */
    private void wake() {
        if (!ended && drainQueued.compareAndSet(false, true)) {
            context.executor().execute(this::drain);
        }
    }

    @Override
    public void abandon() {
        if (!ended) {
            end();
        }
    }

    @Override
    public void writable() {
        if (behind) {
            drain();
        }
    }

    private void drain() {
        drainQueued.set(false);
        if (ended) {
            return;
        }
        if (broken()) {
            output.flush();
        } else if (!stalled) {
            if (generate.sampling().stream()) {
                drainStream();
            } else {
                drainComplete();
            }
        }
    }

    /** Ends the answer if a choice was lost or went wrong. */
    private boolean broken() {
        for (Choice choice : choices) {
            SequenceEnd end = choice.end();
            if (end != null && end.lost()) {
                end();
                output.close();
                return true;
            }
            if (end != null && end.reason() == FinishReason.ERROR) {
                fail(ApiException.internal());
                return true;
            }
        }
        return false;
    }

    private void drainComplete() {
        int produced = choices.stream().mapToInt(Choice::produced).max().orElse(0);
        if (!isFaulty(produced) && choices.stream().allMatch(EngineWork::isComplete)) {
            JsonNode body = work.body();
            end();
            output.complete(Reply.Content.json(body), done);
        }
    }

    private void drainStream() {
        boolean progress = true;
        while (progress && !ended && !stalled && output.isReady()) {
            progress = false;
            for (Choice choice : choices) {
                progress |= !ended && !stalled && sendNext(choice);
            }
            behind = false;
        }
        if (ended) {
            return;
        }
        behind = !output.isReady();
        if (!stalled && isFinishSent()) {
            generate.answer().close(text, choices);
            endStream();
        }
        output.flush();
    }

    private boolean isFinishSent() {
        for (Choice choice : choices) {
            if (!choice.finishSent()) {
                return false;
            }
        }
        return true;
    }

    /** Sends one event of a choice if one is due. */
    private boolean sendNext(Choice choice) {
        boolean over = EngineWork.isComplete(choice);
        // the last token waits for the end that follows it, so that both go out as one event
        int produced = over
                ? choice.produced()
                : Math.min(choice.produced(), choice.plan().length() - 1);
        if (choice.finishSent() || produced == choice.sent() && !over || isFaulty(choice.sent())) {
            return false;
        }
        if (!firstOutputSent) {
            firstOutputSent = true;
            generate.answer().firstOutput(text, choices);
            output.events(text);
        }
        int interval = choice.sent() == 0 ? 1 : generate.sampling().streamInterval();
        if (produced - choice.sent() < interval && !over) {
            return false;
        }
        int upTo = behind ? produced : Math.min(produced, choice.sent() + interval);
        int from = choice.sent();
        observePace(choice, produced);
        String delta = choice.takeText(faults.limit(from, upTo));
        boolean last = over && choice.sent() == choice.produced();
        generate.answer().output(text, choice, from, delta, last);
        output.events(text);
        if (last) {
            choice.finishIsSent();
        }
        return !isFaulty(choice.sent());
    }

    /** How late the oldest token of the next event is, unless the client did not take what came before. */
    private void observePace(Choice choice, int produced) {
        if (choice.sent() < produced && !behind) {
            endpoint.pacing().observe(System.nanoTime() - choice.producedAt(choice.sent()));
        }
    }

    /** Whether the answer cannot go on as it should after so many tokens of a choice; then it does what it does. */
    private boolean isFaulty(int tokens) {
        if (tokens >= faults.stallAfterTokens() && !stallOver) {
            stallOver = true;
            stall(faults.stallNanos());
            return true;
        }
        if (tokens >= faults.stopAfterTokens()) {
            stop();
            return true;
        }
        return false;
    }

    private void stall(long nanos) {
        stalled = true;
        output.flush();
        if (nanos != AnswerFaults.FOREVER) {
            stallTimer = context.executor().schedule(this::goOn, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void goOn() {
        stalled = false;
        behind = true;
        if (!opened) {
            open();
        }
        drain();
    }

    private void stop() {
        switch (faults.stop()) {
            case CLOSE -> {
                end();
                output.close();
            }
            case RESET -> {
                end();
                output.reset();
            }
            case ERROR -> fail(InjectedErrors.engineDead());
        }
    }

    private void fail(ApiException error) {
        if (!generate.sampling().stream()) {
            JsonNode own = generate.answer().refusal(error);
            end();
            output.complete(
                    own == null ? endpoint.dispatcher().failed(error) : Reply.Content.json(error.status(), own), done);
        } else if (generate.answer().fail(text, error)) {
            endStream();
        } else {
            end();
            output.close();
        }
    }

    private void endStream() {
        output.events(text);
        end();
        output.end(done);
    }

    private void end() {
        ended = true;
        if (stallTimer != null) {
            stallTimer.cancel(false);
        }
        work.end();
    }
}

package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.output.Choice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.node.ObjectNode;

/**
 * One request between engine and client. Its methods run on the connection's event loop; only {@link #wake} comes from
 * the engine's thread.
 *
 * <p>Nothing is buffered for a slow reader: what the engine has produced is a number, and text is made when the channel
 * takes it. What piled up while the channel was full goes out as one event.
 */
final class GenerationExchange {
    private final ChannelHandlerContext context;
    private final Endpoint endpoint;
    private final Reply.Generate generate;
    private final ResponseHead head;
    private final Faults faults;
    private final Runnable done;
    private final AtomicBoolean drainQueued = new AtomicBoolean();
    private final StringBuilder text = new StringBuilder();
    private List<Choice> choices = List.of();
    private boolean firstOutputSent;
    private boolean behind;
    private volatile boolean ended;

    /** @param done called once when the connection is free for its next request */
    GenerationExchange(
            ChannelHandlerContext context,
            Endpoint endpoint,
            Reply.Generate generate,
            ResponseHead head,
            Faults faults,
            Runnable done) {
        this.context = context;
        this.endpoint = endpoint;
        this.generate = generate;
        this.head = head;
        this.faults = faults;
        this.done = done;
    }

    void start() {
        choices = endpoint.start(generate, this::wake);
        if (generate.sampling().stream()) {
            context.write(streamHead());
            generate.answer().open(text);
            writeText();
            context.flush();
        }
    }

    /** Schedules a look at what the engine has done; at most one is queued. */
    private void wake() {
        if (!ended && drainQueued.compareAndSet(false, true)) {
            context.executor().execute(this::drain);
        }
    }

    /** The client left, or the endpoint closes. */
    void abandon() {
        if (!ended) {
            ended = true;
            endpoint.end(choices);
        }
    }

    /** The channel takes bytes again. */
    void writable() {
        if (behind) {
            drain();
        }
    }

    private void drain() {
        drainQueued.set(false);
        if (ended) {
            return;
        }
        if (choices.stream().anyMatch(GenerationExchange::isAborted)) {
            cut();
        } else if (generate.sampling().stream()) {
            drainStream();
        } else {
            drainComplete();
        }
    }

    private static boolean isAborted(Choice choice) {
        return choice.end() != null && !Endpoint.isComplete(choice);
    }

    private void drainComplete() {
        if (choices.stream().anyMatch(choice -> reached(faults.dropAfterTokens(), choice.produced()))) {
            cut();
            return;
        }
        boolean stalled = choices.stream().anyMatch(choice -> reached(faults.stallAfterTokens(), choice.produced()));
        if (!stalled && choices.stream().allMatch(Endpoint::isComplete)) {
            ObjectNode body = generate.answer().body(choices);
            end();
            head.write(context, Reply.Content.json(body));
            release();
        }
    }

    private void drainStream() {
        boolean progress = true;
        while (progress && !ended && context.channel().isWritable()) {
            progress = false;
            for (Choice choice : choices) {
                progress |= !ended && sendNext(choice);
            }
            behind = false;
        }
        if (!ended) {
            behind = !context.channel().isWritable();
            if (choices.stream().allMatch(Choice::finishSent)) {
                endStream();
            }
        }
        context.flush();
    }

    /** Sends one event of a choice if one is due. */
    private boolean sendNext(Choice choice) {
        boolean over = Endpoint.isComplete(choice);
        // the last token waits for the end that follows it, so that both go out as one event
        int produced = over
                ? choice.produced()
                : Math.min(choice.produced(), choice.plan().length() - 1);
        if (choice.finishSent() || produced == choice.sent() || reached(faults.stallAfterTokens(), choice.sent())) {
            return false;
        }
        if (reached(faults.dropAfterTokens(), choice.sent())) {
            cut();
            return true;
        }
        if (!firstOutputSent) {
            firstOutputSent = true;
            generate.answer().firstOutput(text, choices);
            writeText();
        }
        int interval = choice.sent() == 0 ? 1 : generate.sampling().streamInterval();
        if (produced - choice.sent() < interval && !over) {
            return false;
        }
        int upTo = behind ? produced : Math.min(produced, choice.sent() + interval);
        int from = choice.sent();
        long lateNanos = System.nanoTime() - choice.producedAt();
        String delta = choice.takeText(limit(upTo, from));
        boolean last = over && choice.sent() == choice.plan().length();
        generate.answer().output(text, choice, from, delta, last);
        writeText();
        endpoint.pacing().observe(lateNanos);
        if (last) {
            choice.finishIsSent();
        }
        if (reached(faults.dropAfterTokens(), choice.sent())) {
            cut();
        }
        return true;
    }

    /** No further than a fault allows. */
    private int limit(int upTo, int from) {
        int limit = upTo;
        for (int fault : new int[] {faults.stallAfterTokens(), faults.dropAfterTokens()}) {
            limit = fault == Faults.OFF ? limit : Math.min(limit, Math.max(fault, from + 1));
        }
        return limit;
    }

    private static boolean reached(int fault, int tokens) {
        return fault != Faults.OFF && tokens >= fault;
    }

    private void endStream() {
        generate.answer().close(text, choices);
        writeText();
        end();
        var last = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        if (!head.keepAlive()) {
            last.addListener(ChannelFutureListener.CLOSE);
        }
        release();
    }

    /** A connection that closes takes no further request. */
    private void release() {
        if (head.keepAlive()) {
            done.run();
        }
    }

    private void end() {
        ended = true;
        endpoint.end(choices);
    }

    /** Ends without the end of the answer. */
    private void cut() {
        end();
        context.flush();
        context.close();
    }

    private void writeText() {
        if (text.isEmpty()) {
            return;
        }
        if (head.chunked()) {
            // the encoder would make three buffers of it; it only has to see the head and the end
            context.pipeline().firstContext().write(ChunkedText.of(context.alloc(), text));
        } else {
            ByteBuf buffer = context.alloc().ioBuffer(text.length());
            ByteBufUtil.writeUtf8(buffer, text);
            context.write(new DefaultHttpContent(buffer));
        }
        text.setLength(0);
    }

    private HttpResponse streamHead() {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        head.headers().forEach(response.headers()::set);
        if (head.chunked()) {
            response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        if (!head.keepAlive()) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        return response;
    }
}

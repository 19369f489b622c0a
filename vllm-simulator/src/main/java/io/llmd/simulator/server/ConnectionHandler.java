package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.fault.AnswerFaults;
import io.llmd.simulator.fault.RequestFaults;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: takes its requests one after the other, in order. */
final class ConnectionHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger log = LoggerFactory.getLogger(ConnectionHandler.class);
    private static final int MOST_PIPELINED = 8;
    private static final Exchange LEAVING = new LeavingAnswer();

    private final Endpoint endpoint;
    private final Deque<FullHttpRequest> pipelined = new ArrayDeque<>();
    private @Nullable Exchange exchange;
    private boolean taking;

    ConnectionHandler(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (exchange == null) {
            handle(context, request);
        } else if (pipelined.size() < MOST_PIPELINED) {
            pipelined.addLast(request.retain());
        } else {
            context.close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.writable();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.abandon();
            exchange = null;
        }
        for (FullHttpRequest request = pipelined.poll(); request != null; request = pipelined.poll()) {
            request.release();
        }
        context.fireChannelInactive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent && exchange == null) {
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            log.atDebug().setCause(cause).log("connection broke");
        } else {
            log.atWarn().setCause(cause).log("connection failed");
        }
        context.close();
    }

    private void handle(ChannelHandlerContext context, FullHttpRequest request) {
        RequestFaults faults;
        try {
            faults = endpoint.dispatcher().faultsOf(request);
        } catch (ApiException e) {
            AnswerOutput output = output(context, request, Map.of(), AnswerFaults.NONE);
            complete(context, output, endpoint.dispatcher().failed(e));
            return;
        }
        if (faults.isRefused()) {
            context.close();
        } else if (faults.delayNanos() > 0) {
            pause(context, faults.delayNanos(), () -> answer(context, request, faults), request.retain()::release);
        } else {
            answer(context, request, faults);
        }
    }

    private void answer(ChannelHandlerContext context, FullHttpRequest request, RequestFaults met) {
        RequestDispatcher.Dispatched dispatched = endpoint.dispatcher().dispatch(request, met, port(context));
        AnswerFaults faults = AnswerFaults.of(met);
        AnswerOutput output = output(context, request, dispatched.headers(), faults);
        Call.Headers headers = request.headers()::get;
        switch (dispatched.reply()) {
            case Reply.Content content
            when faults.headStallNanos() > 0 ->
                pause(context, faults.headStallNanos(), () -> complete(context, output, content), () -> {});
            case Reply.Content content -> complete(context, output, content);
            case Reply.Later later -> await(context, output, later);
            case Reply.Generate generate -> generate(context, generate, headers, output, met);
            case Reply.Background background -> complete(context, output, begin(context, background, headers, met));
        }
    }

    private static int port(ChannelHandlerContext context) {
        return context.channel().localAddress() instanceof InetSocketAddress address ? address.getPort() : 0;
    }

    private AnswerOutput output(
            ChannelHandlerContext context, FullHttpRequest request, Map<String, String> headers, AnswerFaults faults) {
        CountedOutput.Received received = new CountedOutput.Received(
                endpoint.dispatcher().handler(request),
                request.method().name(),
                request.content().readableBytes(),
                System.nanoTime());
        return new CountedOutput(AnswerOutput.of(context, head(request, headers), faults), endpoint.http(), received);
    }

    private static ResponseHead head(FullHttpRequest request, Map<String, String> headers) {
        boolean keepAlive =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        return new ResponseHead(keepAlive, !request.protocolVersion().equals(HttpVersion.HTTP_1_0), headers);
    }

    /** Keeps the connection busy with nothing. */
    private void pause(ChannelHandlerContext context, long nanos, Runnable then, Runnable release) {
        Runnable goOn = () -> {
            exchange = null;
            then.run();
            release.run();
            takePipelined(context);
        };
        exchange = new Pause(context.executor(), nanos, goOn, release);
    }

    private void complete(ChannelHandlerContext context, AnswerOutput output, Reply.Content content) {
        exchange = LEAVING;
        output.complete(content, () -> next(context));
    }

    private void await(ChannelHandlerContext context, AnswerOutput output, Reply.Later later) {
        AwaitedAnswer awaited = new AwaitedAnswer(content -> complete(context, output, content));
        exchange = awaited;
        awaited.start(later, context.executor(), endpoint.dispatcher());
    }

    private void generate(
            ChannelHandlerContext context,
            Reply.Generate generate,
            Call.Headers headers,
            AnswerOutput output,
            RequestFaults met) {
        try {
            EngineWork work = endpoint.admit(generate, headers, met);
            AnswerFaults faults = AnswerFaults.of(met);
            GenerationExchange started =
                    new GenerationExchange(context, endpoint, work, output, faults, () -> next(context));
            exchange = started;
            started.start();
        } catch (ApiException e) {
            complete(context, output, endpoint.dispatcher().failed(e));
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("request failed");
            if (exchange != null) {
                exchange.abandon();
            }
            complete(context, output, endpoint.dispatcher().failed(ApiException.internal()));
        }
    }

    private Reply.Content begin(
            ChannelHandlerContext context, Reply.Background background, Call.Headers headers, RequestFaults met) {
        try {
            EngineWork admitted = endpoint.admit(background.work(), headers, met);
            BackgroundWork work = new BackgroundWork(admitted, context.executor());
            begin(work, background);
            return background.answer();
        } catch (ApiException e) {
            return endpoint.dispatcher().failed(e);
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("request failed");
            return endpoint.dispatcher().failed(ApiException.internal());
        }
    }

    private static void begin(BackgroundWork work, Reply.Background background) {
        try {
            work.start();
            background.started().accept(work::abort);
        } catch (RuntimeException e) {
            work.abort();
            throw e;
        }
    }

    private void next(ChannelHandlerContext context) {
        exchange = null;
        takePipelined(context);
    }

    private void takePipelined(ChannelHandlerContext context) {
        if (taking) {
            return;
        }
        taking = true;
        try {
            while (exchange == null && context.channel().isActive()) {
                FullHttpRequest request = pipelined.pollFirst();
                if (request == null) {
                    return;
                }
                try {
                    handle(context, request);
                } finally {
                    request.release();
                }
            }
        } finally {
            taking = false;
        }
    }

    /** An answer on its way out. */
    private static final class LeavingAnswer implements Exchange {
        @Override
        public void writable() {
            // everything is written
        }

        @Override
        public void abandon() {
            // nobody waits for it
        }
    }
}

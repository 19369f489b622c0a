package io.llmd.simulator.sidechannel;

import io.llmd.simulator.handoff.Address;
import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.SideChannelResponse;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one other engine. Lives on one event loop. A connection that breaks, or is closed, fails what was
 * asked over it and what is asked later; it is not opened again.
 */
final class AnswerConnection {
    private static final int CONNECT_MILLIS = 1_000;
    private static final int ANSWER_SECONDS = 5;
    private static final int IDLE_SECONDS = 300;
    private static final int MOST_OPEN_QUESTIONS = 4096;

    private final EventLoop loop;
    private final Address holder;
    private final Consumer<AnswerConnection> ended;
    private final Map<Long, Question> open = new LinkedHashMap<>();
    private long numbers;
    private boolean connecting;
    private boolean closed;
    private @Nullable Channel channel;

    private record Question(SideChannelRequest request, Consumer<SideChannelResponse> then, Future<?> timeout) {}

    /** @param ended told when the connection is of no use any longer */
    AnswerConnection(EventLoop loop, Address holder, Consumer<AnswerConnection> ended) {
        this.loop = loop;
        this.holder = holder;
        this.ended = ended;
    }

    void ask(SideChannelRequest request, Consumer<SideChannelResponse> then) {
        loop.execute(() -> askHere(request, then));
    }

    void close() {
        loop.execute(() -> {
            closed = true;
            if (channel != null) {
                channel.close();
            } else {
                failAll("closed");
            }
        });
    }

    private void askHere(SideChannelRequest request, Consumer<SideChannelResponse> then) {
        if (closed) {
            then.accept(new SideChannelResponse.Unreachable("closed"));
            return;
        }
        if (open.size() >= MOST_OPEN_QUESTIONS) {
            then.accept(new SideChannelResponse.Unreachable(holder + " has too many questions to answer"));
            return;
        }
        long number = ++numbers;
        Future<?> timeout = loop.schedule(
                () -> answered(number, new SideChannelResponse.Unreachable(holder + " does not answer")),
                ANSWER_SECONDS,
                TimeUnit.SECONDS);
        open.put(number, new Question(request, then, timeout));
        if (channel != null) {
            channel.writeAndFlush(Lines.request(channel.alloc(), number, request), channel.voidPromise());
        } else if (!connecting) {
            connecting = true;
            // looking up a name blocks
            Thread.startVirtualThread(() -> {
                InetSocketAddress address = new InetSocketAddress(holder.host(), holder.port());
                loop.execute(() -> connect(address));
            });
        }
    }

    private void connect(InetSocketAddress address) {
        if (closed) {
            return;
        }
        if (address.isUnresolved()) {
            connecting = false;
            failAll(holder + " is not known");
            return;
        }
        new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connection
                                .pipeline()
                                .addLast(new IdleStateHandler(0, 0, IDLE_SECONDS))
                                .addLast(new LineBasedFrameDecoder(Lines.MOST_BYTES))
                                .addLast(new Answers());
                    }
                })
                .connect(address)
                .addListener((ChannelFuture connected) -> connected(connected));
    }

    private void connected(ChannelFuture connection) {
        connecting = false;
        if (!connection.isSuccess()) {
            failAll(holder + " cannot be reached");
            return;
        }
        Channel made = connection.channel();
        if (closed) {
            made.close();
            return;
        }
        channel = made;
        open.forEach((number, question) ->
                made.write(Lines.request(made.alloc(), number, question.request()), made.voidPromise()));
        made.flush();
    }

    private void answered(long number, SideChannelResponse response) {
        Question question = open.remove(number);
        if (question != null) {
            question.timeout().cancel(false);
            question.then().accept(response);
        }
    }

    private void failAll(String reason) {
        closed = true;
        ended.accept(this);
        for (long number : List.copyOf(open.keySet())) {
            answered(number, new SideChannelResponse.Unreachable(reason));
        }
    }

    private final class Answers extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf line) {
            try {
                Lines.Numbered<SideChannelResponse> response = Lines.response(line);
                answered(response.number(), response.message());
            } catch (IllegalArgumentException e) {
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            channel = null;
            failAll(holder + " closed the connection");
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof IdleStateEvent && open.isEmpty()) {
                context.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}

package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.fault.AnswerFaults;
import io.netty.channel.ChannelHandlerContext;

/** Where one answer goes. Belongs to the connection's event loop. */
interface AnswerOutput {

    /** The connection of an answer, with what goes wrong with its bytes. */
    static AnswerOutput of(ChannelHandlerContext context, ResponseHead head, AnswerFaults faults) {
        ConnectionOutput plain = new ConnectionOutput(context, head);
        return faults.damages() ? new DamagedOutput(plain, context, faults) : plain;
    }

    /** Whether more bytes would leave, not pile up. */
    boolean isReady();

    /** Writes the head of a stream. */
    void open();

    /** Writes events of a stream and empties the text. */
    void events(StringBuilder text);

    /** Lets everything leave that was written. */
    void flush();

    /** Ends a stream. */
    void end(Runnable free);

    /**
     * Writes a complete answer.
     *
     * @param free called when the connection takes the next request; not called if it closes
     */
    void complete(Reply.Content content, Runnable free);

    /** Closes the connection after what was written. */
    void close();

    /** Resets the connection after what was written. */
    void reset();
}

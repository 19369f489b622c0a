package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.StreamScanner;
import io.llmd.openai.UsageReader;
import io.llmd.openai.stream.ModelRename;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * An answer as it goes by: reads token usage and puts the client's model name back. Pieces may be cut anywhere, and none is
 * held back. Not thread-safe.
 */
final class PassingAnswer {

    private final @Nullable StreamScanner events;
    private final @Nullable UsageReader whole;
    private final @Nullable ModelRename rename;

    private PassingAnswer(@Nullable StreamScanner events, @Nullable UsageReader whole, @Nullable ModelRename rename) {
        this.events = events;
        this.whole = whole;
        this.rename = rename;
    }

    /** An answer of which nothing is read, such as an error. */
    static PassingAnswer unread() {
        return new PassingAnswer(null, null, null);
    }

    /**
     * An answer of an inference API.
     *
     * @param route decides the dialect of its events
     * @param clientModel the client's model name as JSON; {@code null} when names are right
     */
    static PassingAnswer of(ApiRoute route, boolean isStream, @Nullable String clientModel) {
        ModelRename rename = clientModel == null ? null : ModelRename.to(clientModel, isStream);
        return isStream
                ? new PassingAnswer(new StreamScanner(route), null, rename)
                : new PassingAnswer(null, new UsageReader(), rename);
    }

    /** Whether pieces may come out changed. */
    boolean isRenaming() {
        return rename != null;
    }

    /** Takes a piece, and returns what goes on in its place; the same object when nothing changes. */
    ByteString accept(ByteString piece) {
        if (events != null) {
            events.scan(piece.asReadOnlyByteBuffer());
        } else if (whole != null) {
            whole.scan(piece.asReadOnlyByteBuffer());
        }
        if (rename == null || piece.isEmpty()) {
            return piece;
        }
        ByteBuf bytes = Unpooled.wrappedBuffer(piece.asReadOnlyByteBuffer());
        ByteBuf renamed = rename.apply(bytes);
        ByteString out = renamed == bytes ? piece : ByteString.copyFrom(renamed.nioBuffer());
        renamed.release();
        return out;
    }

    /** Tokens as the endpoint counted them so far. */
    TokenUsage usage() {
        if (events != null) {
            return events.usage();
        }
        return whole == null ? TokenUsage.UNKNOWN : whole.usage();
    }
}

package io.llmd.kvindex;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMsg;

/**
 * An engine's sockets, by another implementation of ZMQ, over a cache that the test plays with: blocks of 4 tokens of model
 * {@code m}, each with the key that an index should know it by.
 */
public final class FakeEngine implements AutoCloseable {

    /** Tokens per block. */
    public static final int BLOCK = 4;

    private static final byte[] TOPIC = "kv@10.0.0.7:8000@m".getBytes(StandardCharsets.UTF_8);
    private static final byte[] EMPTY = {};
    private static final int POLL_MILLIS = 20;
    private static final KeyHasher HASHER = KeyHasher.of(KeyMode.XXH64, "");

    private final ZContext context = new ZContext();
    private final ZMQ.Socket live = context.createSocket(SocketType.PUB);
    private final NavigableMap<Long, byte[]> ring = new ConcurrentSkipListMap<>();
    private final KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.MAP);
    private final Map<Long, Long> keys = new LinkedHashMap<>();
    private final Set<Long> held = new TreeSet<>();
    private final int port;
    private final int replayPort;
    private final Thread answers;
    private volatile boolean isClosing;
    private long sequence;

    public FakeEngine() {
        live.setLinger(0);
        live.setSndHWM(100_000);
        port = live.bindToRandomPort("tcp://127.0.0.1");
        ZMQ.Socket router = context.createSocket(SocketType.ROUTER);
        router.setLinger(0);
        replayPort = router.bindToRandomPort("tcp://127.0.0.1");
        answers = Thread.ofPlatform().daemon().start(() -> answer(router));
    }

    public int port() {
        return port;
    }

    public int replayPort() {
        return replayPort;
    }

    /** Stores blocks of tokens {@code first}, {@code first + 1} and so on, behind a block or at the begin of a prompt. */
    public void store(@Nullable Long parent, int first, long... hashes) {
        int[] tokens = new int[hashes.length * BLOCK];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = first + i;
        }
        long key = parent == null ? HASHER.root("m") : keys.getOrDefault(parent, 0L);
        for (int i = 0; i < hashes.length; i++) {
            key = HASHER.next(key, tokens, i * BLOCK, BLOCK, null);
            keys.put(hashes[i], key);
            held.add(key);
        }
        publish(KvEvent.BlockStored.of(
                BlockHashes.ofIds(hashes), parent == null ? null : BlockHash.ofId(parent), TokenIds.of(tokens), BLOCK));
    }

    /** Removes the only copy of each block. */
    public void remove(long... hashes) {
        for (long hash : hashes) {
            held.remove(keys.getOrDefault(hash, 0L));
        }
        publish(KvEvent.BlockRemoved.of(BlockHashes.ofIds(hashes)));
    }

    /** Keys of all blocks that ever were, and whether they are held. */
    public Map<Long, Boolean> truth() {
        return keys.values().stream()
                .distinct()
                .collect(Collectors.toMap(key -> key, held::contains, (a, b) -> a, LinkedHashMap::new));
    }

    private void publish(KvEvent event) {
        publish(encoder.encode(new KvEventBatch(1, List.of(event), 0)));
    }

    /** Publishes bytes as a batch, whatever they are. */
    public void publish(byte[] payload) {
        ring.put(sequence, payload);
        live.send(TOPIC, ZMQ.SNDMORE);
        live.send(number(sequence++), ZMQ.SNDMORE);
        live.send(payload, 0);
    }

    /** A batch that gets lost on the way and can be asked for. */
    public void lose(@Nullable Long parent, int first, long hash) {
        long key = HASHER.next(
                parent == null ? HASHER.root("m") : keys.getOrDefault(parent, 0L),
                new int[] {first, first + 1, first + 2, first + 3},
                0,
                BLOCK,
                null);
        keys.put(hash, key);
        held.add(key);
        ring.put(
                sequence++,
                encoder.encode(new KvEventBatch(
                        1,
                        List.of(KvEvent.BlockStored.of(
                                BlockHashes.ofIds(hash),
                                parent == null ? null : BlockHash.ofId(parent),
                                TokenIds.of(first, first + 1, first + 2, first + 3),
                                BLOCK)),
                        0)));
    }

    /** A message that is no batch. */
    public void babble() {
        live.send("what?");
    }

    private static byte[] number(long sequence) {
        return ByteBuffer.allocate(Long.BYTES).putLong(sequence).array();
    }

    private void answer(ZMQ.Socket router) {
        router.setReceiveTimeOut(POLL_MILLIS);
        while (!isClosing) {
            ZMsg request = ZMsg.recvMsg(router);
            if (request != null && request.size() == 3) {
                byte[] client = request.pop().getData();
                request.pop();
                long from = ByteBuffer.wrap(request.pop().getData()).getLong();
                ring.tailMap(from).forEach((each, payload) -> reply(router, client, number(each), payload));
                reply(router, client, number(-1), EMPTY);
            }
        }
        router.close();
    }

    private static void reply(ZMQ.Socket router, byte[]... frames) {
        router.send(frames[0], ZMQ.SNDMORE);
        router.send(EMPTY, ZMQ.SNDMORE);
        router.send(TOPIC, ZMQ.SNDMORE);
        router.send(frames[1], ZMQ.SNDMORE);
        router.send(frames[2], 0);
    }

    @Override
    public void close() {
        isClosing = true;
        try {
            answers.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        context.close();
    }
}

package io.llmd.simulator.kvevents;

import io.llmd.kv.event.KvEventFormat;

/**
 * How an endpoint publishes its KV events.
 *
 * @param endpoint where rank 0 publishes; bound when it contains {@code *} or {@code ::} or is {@code ipc} or
 *     {@code inproc}, otherwise dialled; port 0 or {@code *} takes a free one.
 *     {@code inproc} reaches nobody, for it ends at the process
 * @param topic first frame of every message
 * @param highWaterMark messages waiting for one subscriber; more are lost for that subscriber, unseen
 * @param queueBatches batches waiting between engine and publisher; more are lost for everybody, and counted
 */
public record KvEventSettings(
        String endpoint,
        String topic,
        int highWaterMark,
        int queueBatches,
        KvEventFormat format,
        ReplaySettings replay) {

    /** The defaults of vLLM's {@code --kv-events-config}. */
    public static final KvEventSettings DEFAULT =
            new KvEventSettings("tcp://*:5557", "", 100_000, 100_000, KvEventFormat.MAP, ReplaySettings.OFF);

    public KvEventSettings {
        ZmqEndpoint.check(endpoint);
        if (highWaterMark < 0) {
            throw new IllegalArgumentException("highWaterMark: " + highWaterMark + " (expected: >= 0, 0 for no limit)");
        }
        if (queueBatches <= 0) {
            throw new IllegalArgumentException("queueBatches: " + queueBatches + " (expected: > 0)");
        }
    }

    public KvEventSettings withEndpoint(String value) {
        return new KvEventSettings(value, topic, highWaterMark, queueBatches, format, replay);
    }

    public KvEventSettings withTopic(String value) {
        return new KvEventSettings(endpoint, value, highWaterMark, queueBatches, format, replay);
    }

    public KvEventSettings withHighWaterMark(int value) {
        return new KvEventSettings(endpoint, topic, value, queueBatches, format, replay);
    }

    public KvEventSettings withQueueBatches(int value) {
        return new KvEventSettings(endpoint, topic, highWaterMark, value, format, replay);
    }

    public KvEventSettings withFormat(KvEventFormat value) {
        return new KvEventSettings(endpoint, topic, highWaterMark, queueBatches, value, replay);
    }

    public KvEventSettings withReplay(ReplaySettings value) {
        return new KvEventSettings(endpoint, topic, highWaterMark, queueBatches, format, value);
    }

    /**
     * The settings of another replica that runs beside this one: what is bound is bound further on.
     *
     * @param engineOffset engines before those of the replica
     */
    public KvEventSettings ofReplica(int engineOffset) {
        ZmqEndpoint own = new ZmqEndpoint(endpoint);
        KvEventSettings moved =
                own.isBound() ? withEndpoint(own.forRank(engineOffset).address()) : this;
        return moved.withReplay(replay.ofReplica(engineOffset));
    }
}

package io.llmd.kv.ingest.kafka;

/** Lanes for tests. */
final class Lanes {

    static final String POOL = "m";

    private Lanes() {}

    static LaneSpec spec(String id) {
        return spec(POOL, id);
    }

    static LaneSpec spec(String pool, String id) {
        return new LaneSpec(id, pool, "ns/pod", "uid", 0, "model", 16, "xxh64", "tcp://127.0.0.1:5557", "");
    }

    static LaneDescription lane(String id, int number, int partition) {
        return new LaneDescription(spec(id), number, partition);
    }
}

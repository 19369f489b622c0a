package io.llmd.kv.ingest.replica;

import io.llmd.kv.index.IndexLane;
import io.llmd.kv.ingest.kafka.LaneDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lanes by the endpoint and rank that they are of. A replaced engine and its successor share these for a while, and nothing
 * in the log says which came first: then the one that was claimed last is meant, and none while one was not claimed.
 * Changes come from one thread, questions from any.
 */
final class NamedLanes {

    record Member(LaneDescription description, IndexLane lane) {

        private Name name() {
            return new Name(description.spec().endpoint(), description.spec().rank());
        }
    }

    private record Name(String endpoint, int rank) {}

    private final Map<Name, List<Member>> members = new ConcurrentHashMap<>();
    private volatile boolean hasNamesakes;

    void add(Member member) {
        List<Member> same = new ArrayList<>(members.getOrDefault(member.name(), List.of()));
        same.add(member);
        members.put(member.name(), List.copyOf(same));
        hasNamesakes |= same.size() > 1;
    }

    /** Whether several lanes share a name. */
    boolean hasNamesakes() {
        return hasNamesakes;
    }

    void remove(Member member) {
        List<Member> same = new ArrayList<>(members.getOrDefault(member.name(), List.of()));
        same.remove(member);
        if (same.isEmpty()) {
            members.remove(member.name());
        } else {
            members.put(member.name(), List.copyOf(same));
        }
        hasNamesakes = members.values().stream().anyMatch(each -> each.size() > 1);
    }

    /**
     * The lane of an endpoint's rank; null when there is none, or it cannot be told which.
     *
     * @param terms the unsigned term of the owner of the lane with a number, in which a later claim has a greater one; 0 when
     *     there is none
     */
    @Nullable
    Member get(String endpoint, int rank, IntUnaryOperator terms) {
        List<Member> same = members.get(new Name(endpoint, rank));
        if (same == null || same.size() == 1) {
            return same == null ? null : same.getFirst();
        }
        Member last = null;
        int lastTerm = 0;
        for (Member each : same) {
            int term = terms.applyAsInt(each.description().number());
            if (term == 0) {
                return null;
            }
            if (Integer.compareUnsigned(term, lastTerm) > 0) {
                last = each;
                lastTerm = term;
            }
        }
        return last;
    }
}

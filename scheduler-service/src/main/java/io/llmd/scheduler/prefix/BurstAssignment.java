package io.llmd.scheduler.prefix;

import io.llmd.scheduler.scheduling.Endpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which endpoints the requests of one burst go to, so that those with equal or overlapping prompts meet. Prompts that
 * several requests share are placed before single ones, long prompts before short ones, on the least loaded endpoint or on
 * the one that a long enough part of the prompt was placed on before. Used by one thread.
 *
 * @implNote O(distinct prompts · (blocks + endpoints))
 */
public final class BurstAssignment {

    /** What is shared fairly among endpoints. */
    public enum Balance {
        REQUESTS,
        TOKENS
    }

    /**
     * How requests are assigned.
     *
     * @param maxPerEndpoint most requests with one prompt on one endpoint, as long as others have room; -1 for any
     * @param minColocateBlocks leading blocks that different prompts must share to meet; 0 when only equal ones do
     * @param balance what is shared fairly
     */
    public record Settings(int maxPerEndpoint, int minColocateBlocks, Balance balance) {}

    /**
     * A request of the burst.
     *
     * @param hashes its block hashes, one array per prompt
     * @param endpoints where it may go
     */
    public record Member(long[][] hashes, List<Endpoint> endpoints) {
        /** Blocks of all prompts. */
        public int blocks() {
            int blocks = 0;
            for (long[] prompt : hashes) {
                blocks += prompt.length;
            }
            return blocks;
        }
    }

    /** Requests with one prompt, by their position in the burst. */
    private record Unit(Member first, List<Integer> members) {}

    private final Settings settings;
    private final List<Member> burst;
    private final @Nullable String[] assigned;
    private final Map<String, Integer> loads = new HashMap<>();
    private final Map<String, Set<Long>> placed = new HashMap<>();

    private BurstAssignment(List<Member> burst, Settings settings) {
        this.burst = burst;
        this.settings = settings;
        assigned = new @Nullable String[burst.size()];
    }

    /** Id of the endpoint of each member, null where it may go anywhere. */
    public static List<@Nullable String> assign(List<Member> burst, Settings settings) {
        BurstAssignment assignment = new BurstAssignment(burst, settings);
        assignment.run();
        return Arrays.asList(assignment.assigned);
    }

    private void run() {
        List<Unit> units = unitsThatMeet();
        int endpoints = (int) units.stream()
                .flatMap(unit -> unit.first().endpoints().stream())
                .map(Endpoint::id)
                .distinct()
                .count();
        if (endpoints == 0) {
            return;
        }
        int total = units.stream().mapToInt(this::size).sum();
        int fairShare = Math.ceilDiv(total, endpoints);
        units.forEach(unit -> place(unit, fairShare));
    }

    private int size(Unit unit) {
        return switch (settings.balance()) {
            case REQUESTS -> unit.members().size();
            case TOKENS -> unit.first().blocks();
        };
    }

    private List<Unit> unitsThatMeet() {
        Map<List<Long>, Unit> byPrompt = new LinkedHashMap<>();
        Map<List<Long>, Integer> beginnings = new HashMap<>();
        for (int i = 0; i < burst.size(); i++) {
            Member member = burst.get(i);
            if (member.blocks() == 0) {
                continue;
            }
            byPrompt.computeIfAbsent(leading(member, Integer.MAX_VALUE), prompt -> new Unit(member, new ArrayList<>()))
                    .members()
                    .add(i);
            if (overlaps(member)) {
                beginnings.merge(leading(member, settings.minColocateBlocks()), 1, Integer::sum);
            }
        }
        Comparator<Unit> longestFirst =
                Comparator.comparingInt(unit -> -unit.first().blocks());
        List<Unit> units = new ArrayList<>();
        byPrompt.values().stream()
                .filter(unit -> unit.members().size() > 1)
                .sorted(longestFirst)
                .forEach(units::add);
        byPrompt.values().stream()
                .filter(unit -> unit.members().size() == 1
                        && overlaps(unit.first())
                        && beginnings.getOrDefault(leading(unit.first(), settings.minColocateBlocks()), 0) > 1)
                .sorted(longestFirst)
                .forEach(units::add);
        return units;
    }

    private boolean overlaps(Member member) {
        return settings.minColocateBlocks() > 0 && member.blocks() >= settings.minColocateBlocks();
    }

    /** The first blocks; a chained hash stands for all blocks before it, so equal ones mean equal prompts. */
    private static List<Long> leading(Member member, int blocks) {
        List<Long> leading = new ArrayList<>();
        for (long[] prompt : member.hashes()) {
            for (int i = 0; i < prompt.length && leading.size() < blocks; i++) {
                leading.add(prompt[i]);
            }
        }
        return leading;
    }

    private void place(Unit unit, int fairShare) {
        Map<String, Integer> ofUnit = new HashMap<>();
        Endpoint target = overlapping(unit, fairShare);
        int next = 0;
        while (next < unit.members().size()) {
            Endpoint endpoint = target != null ? target : leastLoaded(unit, ofUnit);
            target = null;
            String id = endpoint.id();
            int left = unit.members().size() - next;
            int room = settings.maxPerEndpoint() < 0
                    ? left
                    : Math.max(1, settings.maxPerEndpoint() - ofUnit.getOrDefault(id, 0));
            int count = Math.min(left, room);
            for (int i = next; i < next + count; i++) {
                assigned[unit.members().get(i)] = id;
            }
            charge(unit, id, count);
            ofUnit.merge(id, count, Integer::sum);
            next += count;
        }
    }

    private void charge(Unit unit, String id, int count) {
        Set<Long> held = placed.computeIfAbsent(id, ignored -> new HashSet<>());
        int added = 0;
        for (long[] prompt : unit.first().hashes()) {
            for (long hash : prompt) {
                added += held.add(hash) ? 1 : 0;
            }
        }
        loads.merge(id, settings.balance() == Balance.REQUESTS ? count : added, Integer::sum);
    }

    /** The endpoint with the longest part of the prompt, when that is long enough and the endpoint has room. */
    private @Nullable Endpoint overlapping(Unit unit, int fairShare) {
        if (settings.minColocateBlocks() <= 0) {
            return null;
        }
        Endpoint best = null;
        int longest = 0;
        for (Endpoint endpoint : unit.first().endpoints()) {
            int overlap = overlap(unit.first(), endpoint.id());
            boolean hasRoom = loads.getOrDefault(endpoint.id(), 0) < fairShare;
            if (hasRoom
                    && overlap >= settings.minColocateBlocks()
                    && (best == null || overlap > longest || (overlap == longest && isLess(endpoint, best)))) {
                best = endpoint;
                longest = overlap;
            }
        }
        return best;
    }

    private int overlap(Member member, String id) {
        Set<Long> held = placed.getOrDefault(id, Set.of());
        int overlap = 0;
        for (long[] prompt : member.hashes()) {
            for (int i = 0; i < prompt.length && held.contains(prompt[i]); i++) {
                overlap++;
            }
        }
        return overlap;
    }

    private Endpoint leastLoaded(Unit unit, Map<String, Integer> ofUnit) {
        Endpoint best = null;
        Endpoint bestWithRoom = null;
        for (Endpoint endpoint : unit.first().endpoints()) {
            best = best == null || isLess(endpoint, best) ? endpoint : best;
            boolean hasRoom =
                    settings.maxPerEndpoint() < 0 || ofUnit.getOrDefault(endpoint.id(), 0) < settings.maxPerEndpoint();
            if (hasRoom && (bestWithRoom == null || isLess(endpoint, bestWithRoom))) {
                bestWithRoom = endpoint;
            }
        }
        Endpoint chosen = bestWithRoom == null ? best : bestWithRoom;
        if (chosen == null) {
            throw new IllegalArgumentException("endpoints: 0 (expected: >= 1)");
        }
        return chosen;
    }

    private boolean isLess(Endpoint a, Endpoint b) {
        int byLoad = Integer.compare(loads.getOrDefault(a.id(), 0), loads.getOrDefault(b.id(), 0));
        int byRunning = byLoad != 0 ? byLoad : Integer.compare(a.runningRequests(), b.runningRequests());
        return byRunning != 0 ? byRunning < 0 : a.id().compareTo(b.id()) < 0;
    }
}

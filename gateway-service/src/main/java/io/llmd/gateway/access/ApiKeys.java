package io.llmd.gateway.access;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one key file. Immutable; a reload makes a new one.
 *
 * <p>The file is YAML (or JSON): a list {@code keys} of {@code id}, {@code sha256} of the secret in hex, {@code tenant},
 * and optionally {@code models}, {@code expires} (ISO-8601, UTC), {@code priority}, {@code limits} ({@code
 * requests-per-minute}, {@code tokens-per-minute}, {@code concurrent}) and {@code budget} ({@code tokens}, {@code per} day or
 * month); and a list {@code tenants} of {@code name}, {@code limits} and {@code budget}. It holds no secret.
 */
public final class ApiKeys {

    /** No key, so that nobody gets in. */
    public static final ApiKeys NONE = new ApiKeys(List.of(), Map.of());

    /** A key with the hash of its secret. */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record, never handed out
    record Entry(ApiKey key, byte[] hash) {}

    private final List<Entry> entries;
    private final List<ApiKey> keys;
    private final Map<Long, List<Entry>> byPrefix;
    private final Map<String, Entry> byId;
    private final Map<String, Allowance> tenants;
    private final byte[] firstHash;

    /** @param named what tenants may use that the file names, whether they have keys or not */
    ApiKeys(List<Entry> entries, Map<String, Allowance> named) {
        this.entries = List.copyOf(entries);
        keys = entries.stream().map(Entry::key).toList();
        byId = entries.stream()
                .collect(Collectors.toUnmodifiableMap(
                        entry -> entry.key().id(), Function.identity(), (first, other) -> first));
        Map<String, Allowance> all = new HashMap<>(named);
        keys.forEach(key -> all.putIfAbsent(key.tenant(), key.tenantAllowance()));
        tenants = Map.copyOf(all);
        firstHash = entries.isEmpty() ? new byte[0] : entries.getFirst().hash().clone();
        Map<Long, List<Entry>> index = new HashMap<>();
        for (Entry entry : entries) {
            index.computeIfAbsent(KeyHash.prefix(entry.hash()), prefix -> new ArrayList<>(1))
                    .add(entry);
        }
        byPrefix = Map.copyOf(index);
    }

    /**
     * Reads a key file.
     *
     * @throws IllegalArgumentException when the file is not in order; the message names line, field and expectation, and
     *     no hash
     */
    public static ApiKeys parse(byte[] file) {
        return parse(file, Allowance.UNLIMITED, Allowance.UNLIMITED);
    }

    /**
     * The same with limits for keys and tenants where the file names none.
     *
     * @throws IllegalArgumentException as above
     */
    public static ApiKeys parse(byte[] file, Allowance forKeys, Allowance forTenants) {
        return new KeyFile(forKeys, forTenants).read(file);
    }

    /** All keys in the order of the file. */
    public List<ApiKey> keys() {
        return keys;
    }

    /** Names of tenants that have a key. */
    public Set<String> tenants() {
        return keys.stream().map(ApiKey::tenant).collect(Collectors.toUnmodifiableSet());
    }

    /** The key with the id of another one; or that one, with what its tenant may use now. */
    ApiKey byId(ApiKey key) {
        Entry entry = byId.get(key.id());
        return entry == null ? withTenant(key) : entry.key();
    }

    /** The key with what its tenant may use by these keys, where they know the tenant: a token does not say it. */
    ApiKey withTenant(ApiKey key) {
        Allowance known = tenants.get(key.tenant());
        return known == null || known.equals(key.tenantAllowance()) ? key : key.withTenantAllowance(known);
    }

    /** Whether a key of both has another secret here than there. */
    public boolean hasOtherSecret(String id, ApiKeys there) {
        Entry mine = byId.get(id);
        Entry theirs = there.byId.get(id);
        return mine != null && theirs != null && !MessageDigest.isEqual(mine.hash(), theirs.hash());
    }

    /** SHA-256 of the first key's secret; empty without keys. */
    public byte[] firstHash() {
        return firstHash.clone();
    }

    /** These keys and others behind them. */
    public ApiKeys and(ApiKeys more) {
        List<Entry> all = new ArrayList<>(entries);
        all.addAll(more.entries);
        Map<String, Allowance> allTenants = new HashMap<>(more.tenants);
        allTenants.putAll(tenants);
        return new ApiKeys(all, allTenants);
    }

    /**
     * The key of a secret.
     *
     * @implNote Found by the first eight bytes of its hash, then compared in constant time. How long the look-up takes tells
     *     at most something about a hash, from which nobody gets back to a secret.
     */
    @Nullable
    ApiKey find(String secret) {
        byte[] hash = KeyHash.of(secret);
        ApiKey found = null;
        for (Entry entry : byPrefix.getOrDefault(KeyHash.prefix(hash), List.of())) {
            if (MessageDigest.isEqual(entry.hash(), hash)) {
                found = entry.key();
            }
        }
        return found;
    }
}

package io.llmd.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotasTest {

    private static final long SECOND = 1_000_000_000L;

    private long nanos = Long.MAX_VALUE - 5;
    private Instant now = Instant.parse("2026-06-30T12:00:00Z");
    private final Quotas quotas = quotas(1, Map.of());

    private Quotas quotas(int gateways, Map<String, Map<Long, Long>> former) {
        return new Quotas(Duration.ofSeconds(2), gateways, (tenant, left) -> {}, former, () -> nanos, () -> now);
    }

    private static ApiKey key(String id, Allowance own, Allowance tenant) {
        return new ApiKey(id, "t", Set.of(), null, 0, own, tenant);
    }

    private static ApiKey key(Allowance own) {
        return key("k", own, Allowance.UNLIMITED);
    }

    private static Allowance budget(long tokens, Budget.Period period) {
        return new Allowance(0, 0, 0, new Budget(tokens, period));
    }

    private QuotaRefusal.@Nullable Limit refusal(ApiKey key, long tokens) {
        return quotas.reserve(key, tokens) instanceof QuotaRefusal refusal ? refusal.limit() : null;
    }

    private Reservation take(ApiKey key, long tokens) {
        return (Reservation) quotas.reserve(key, tokens);
    }

    @Test
    void aKeyWithoutLimitsHasNoAccount() {
        assertThat(quotas.reserve(key(Allowance.UNLIMITED), 1_000_000)).isSameAs(Reservation.NONE);
        assertThat(quotas.headers(key(Allowance.UNLIMITED))).isEmpty();
    }

    @Test
    void requestsFlowInEvenlyAndTwoSecondsShareMayBeUsedAtOnce() {
        ApiKey key = key(new Allowance(60, 0, 0, null));

        assertThat(refusal(key, 1)).isNull();
        assertThat(refusal(key, 1)).isNull();
        assertThat(quotas.reserve(key, 1))
                .isEqualTo(new QuotaRefusal(QuotaRefusal.Limit.REQUESTS, "key k", 60, SECOND));

        nanos += SECOND;
        assertThat(refusal(key, 1)).isNull();
        assertThat(refusal(key, 1)).isEqualTo(QuotaRefusal.Limit.REQUESTS);
    }

    @Test
    void whatWasReservedTooMuchIsGivenBack() {
        ApiKey key = key(new Allowance(0, 6_000, 0, null));

        Reservation first = take(key, 200);
        assertThat(refusal(key, 100)).isEqualTo(QuotaRefusal.Limit.TOKENS);
        quotas.settle(first, 50);
        assertThat(refusal(key, 150)).isNull();
    }

    @Test
    void whatWasUsedBeyondTheReservationIsOwed() {
        ApiKey key = key(new Allowance(0, 6_000, 0, null));

        quotas.settle(take(key, 100), 400);
        assertThat(quotas.reserve(key, 1))
                .isInstanceOfSatisfying(
                        QuotaRefusal.class,
                        refusal -> assertThat(refusal.waitNanos()).isEqualTo(201 * SECOND / 100));
    }

    @Test
    void aRequestLargerThanTheBucketGoesWhenTheBucketIsFull() {
        ApiKey key = key(new Allowance(0, 6_000, 0, null));

        assertThat(refusal(key, 1_000)).isNull();
        nanos += 9 * SECOND;
        assertThat(refusal(key, 1_000)).isEqualTo(QuotaRefusal.Limit.TOKENS);
        nanos += SECOND;
        assertThat(refusal(key, 1_000)).isNull();
    }

    @Test
    void requestsAtTheSameTimeAreCountedUntilTheyAreOverAndOnce() {
        ApiKey key = key(new Allowance(0, 0, 2, null));
        Reservation first = take(key, 1);
        take(key, 1);

        assertThat(refusal(key, 1)).isEqualTo(QuotaRefusal.Limit.CONCURRENT);
        quotas.settle(first, 1);
        quotas.settle(first, 1);
        assertThat(refusal(key, 1)).isNull();
        assertThat(refusal(key, 1)).isEqualTo(QuotaRefusal.Limit.CONCURRENT);
    }

    @Test
    void keysOfATenantShareItsLimitAndARefusalTakesNothingOfTheKey() {
        Allowance tenant = new Allowance(0, 0, 1, null);
        ApiKey one = key("one", new Allowance(60, 0, 0, null), tenant);
        ApiKey other = key("other", new Allowance(60, 0, 0, null), tenant);
        Reservation running = take(one, 1);

        assertThat(quotas.reserve(other, 1))
                .isEqualTo(new QuotaRefusal(QuotaRefusal.Limit.CONCURRENT, "tenant t", 1, 0));
        quotas.settle(running, 1);
        assertThat(refusal(other, 1)).isNull();
        assertThat(quotas.headers(other)).containsEntry("x-ratelimit-remaining-requests", "1");
    }

    @Test
    void parallelRequestsCannotUseMoreThanTheBudget() throws Exception {
        ApiKey key = key(budget(1_000, Budget.Period.DAY));
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<QuotaDecision>> requests = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                requests.add(() -> quotas.reserve(key, 10));
            }
            int granted = 0;
            for (Future<QuotaDecision> decision : threads.invokeAll(requests)) {
                granted += decision.get() instanceof Reservation ? 1 : 0;
            }

            assertThat(granted).isEqualTo(100);
        }
    }

    @Test
    void aBudgetLastsForItsPeriod() {
        ApiKey day = key("day", budget(100, Budget.Period.DAY), Allowance.UNLIMITED);
        ApiKey month = key("month", budget(100, Budget.Period.MONTH), Allowance.UNLIMITED);
        quotas.settle(take(day, 100), 100);
        quotas.settle(take(month, 100), 100);
        assertThat(refusal(day, 1)).isEqualTo(QuotaRefusal.Limit.BUDGET);
        assertThat(refusal(month, 1)).isEqualTo(QuotaRefusal.Limit.BUDGET);

        now = Instant.parse("2026-07-01T00:00:00Z");
        assertThat(refusal(day, 1)).isNull();
        assertThat(refusal(month, 1)).isNull();
    }

    @Test
    @Tag("fault-F47")
    void aClockThatJumpsGivesNoSecondBudgetAndNoOtherRate() {
        ApiKey key = key(new Allowance(60, 0, 0, new Budget(100, Budget.Period.DAY)));
        quotas.settle(take(key, 100), 100);

        now = now.plus(Duration.ofHours(13));
        quotas.settle(take(key, 60), 60);
        now = now.minus(Duration.ofHours(13));
        nanos += 2 * SECOND;
        assertThat(refusal(key, 1)).isEqualTo(QuotaRefusal.Limit.BUDGET);
        now = now.plus(Duration.ofHours(13));
        assertThat(refusal(key, 50)).isEqualTo(QuotaRefusal.Limit.BUDGET);
        assertThat(refusal(key, 40)).isNull();
    }

    @Test
    void aLaterProcessGoesOnWithWhatWasUsed() {
        ApiKey key = key(budget(100, Budget.Period.DAY));
        quotas.settle(take(key, 100), 70);

        Quotas later = quotas(1, quotas.use());
        assertThat(later.use()).isEqualTo(quotas.use());
        assertThat(later.reserve(key, 31)).isInstanceOf(QuotaRefusal.class);
        assertThat(later.reserve(key, 30)).isInstanceOf(Reservation.class);
    }

    @Test
    void accountsThatHoldNothingGiveWayToNewOnes() {
        Allowance own = new Allowance(60, 0, 1, null);
        ApiKey busy = key("busy", own, Allowance.UNLIMITED);
        take(busy, 1);

        for (int i = 0; i < 10_000; i++) {
            quotas.settle(take(key("subject " + i, own, Allowance.UNLIMITED), 1), 1);
            nanos += SECOND;
        }

        assertThat(quotas.accounts()).isLessThan(10);
        assertThat(refusal(busy, 1)).isEqualTo(QuotaRefusal.Limit.CONCURRENT);
    }

    @Test
    void useOfABudgetOutlivesOtherAccountsUntilItsPeriodIsOver() {
        ApiKey spent = key("spent", budget(100, Budget.Period.DAY), Allowance.UNLIMITED);
        quotas.settle(take(spent, 100), 100);
        Allowance rate = new Allowance(60, 0, 0, null);

        for (int i = 0; i < 100; i++) {
            take(key("today " + i, rate, Allowance.UNLIMITED), 1);
        }
        assertThat(refusal(spent, 1)).isEqualTo(QuotaRefusal.Limit.BUDGET);

        now = now.plus(Duration.ofDays(2));
        assertThat(quotas.use()).containsKey("key spent");
        for (int i = 0; i < 100; i++) {
            take(key("later " + i, new Allowance(0, 0, 1, null), Allowance.UNLIMITED), 1);
        }
        assertThat(quotas.use()).doesNotContainKey("key spent");
        assertThat(quotas(1, Map.of("key gone", Map.of(5L, 70L))).use()).isEmpty();
    }

    @Test
    void anAccountThatGoesWhileARequestComesGrantsNoSecondPlace() throws Exception {
        Allowance one = new Allowance(0, 0, 1, null);
        AtomicIntegerArray inside = new AtomicIntegerArray(4);
        List<Callable<Integer>> clients = new ArrayList<>();
        for (int client = 0; client < 4; client++) {
            String name = "fresh " + client + " ";
            clients.add(() -> {
                int overlaps = 0;
                for (int i = 0; i < 20_000; i++) {
                    int place = i % 4;
                    if (quotas.reserve(key("k" + place, one, Allowance.UNLIMITED), 1) instanceof Reservation taken) {
                        overlaps += inside.incrementAndGet(place) - 1;
                        inside.decrementAndGet(place);
                        quotas.settle(taken, 0);
                    }
                    quotas.settle(take(key(name + i, one, Allowance.UNLIMITED), 1), 0);
                }
                return overlaps;
            });
        }
        int overlaps = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (Future<Integer> client : threads.invokeAll(clients)) {
                overlaps += client.get();
            }
        }
        assertThat(overlaps).isZero();
        for (int i = 0; i < 100; i++) {
            take(key("last " + i, new Allowance(60, 0, 0, null), Allowance.UNLIMITED), 1);
        }
        assertThat(quotas.accounts()).as("80,000 came and went").isLessThan(1_000);
    }

    @Test
    void gatewaysThatShareClientsKeepToTheirPart() {
        Quotas half = quotas(2, Map.of());
        ApiKey key = key(new Allowance(0, 0, 3, new Budget(1_001, Budget.Period.DAY)));

        assertThat(half.reserve(key, 501)).isInstanceOf(Reservation.class);
        assertThat(half.reserve(key, 0)).isInstanceOf(Reservation.class);
        assertThat(half.reserve(key, 0)).isInstanceOf(QuotaRefusal.class);
    }

    @Test
    void limitsThatChangeHoldForTheNextRequestAndKeepWhatIsUnderWay() {
        take(key(new Allowance(0, 0, 1, null)), 1);

        assertThat(refusal(key(new Allowance(0, 0, 2, null)), 1)).isNull();
        assertThat(refusal(key(new Allowance(0, 0, 2, null)), 1)).isEqualTo(QuotaRefusal.Limit.CONCURRENT);
    }

    @Test
    void anotherRateNeitherForgivesADebtNorFillsABucket() {
        quotas.settle(take(key(new Allowance(0, 6_000, 0, null)), 100), 10_000);
        ApiKey changed = key(new Allowance(0, 6_001, 0, null));

        assertThat(refusal(changed, 1)).isEqualTo(QuotaRefusal.Limit.TOKENS);
        for (int i = 0; i < 10; i++) {
            assertThat(refusal(key(new Allowance(0, 6_000 + i % 2, 0, null)), 1))
                    .isEqualTo(QuotaRefusal.Limit.TOKENS);
        }
    }

    @Test
    void aBudgetOfADayBindsAfterMonthsOfABudgetOfAMonth() {
        for (int month = 1; month <= 4; month++) {
            now = Instant.parse("2026-0" + month + "-15T00:00:00Z");
            quotas.settle(take(key(budget(100, Budget.Period.MONTH)), 90), 90);
        }
        ApiKey day = key(budget(100, Budget.Period.DAY));
        quotas.settle(take(day, 100), 100);

        assertThat(refusal(day, 1)).isEqualTo(QuotaRefusal.Limit.BUDGET);
    }

    @Test
    @Tag("fault-F47")
    void aClockThatWasSetBackGivesNoFreshBudgets() {
        ApiKey day = key(budget(100, Budget.Period.DAY));
        for (int i = 0; i < 4; i++) {
            quotas.settle(take(day, 90), 90);
            now = now.plus(Duration.ofDays(1));
        }
        now = now.minus(Duration.ofDays(30));
        quotas.settle(take(day, 100), 100);

        assertThat(refusal(day, 1)).isEqualTo(QuotaRefusal.Limit.BUDGET);
    }

    @Test
    void aLimitThatWasLiftedIsToldNoMore() {
        Allowance tenant = new Allowance(600, 0, 0, null);
        take(key("k", new Allowance(30, 0, 0, null), tenant), 1);

        assertThat(quotas.headers(key("k", Allowance.UNLIMITED, tenant)))
                .containsEntry("x-ratelimit-limit-requests", "600");
    }

    @Test
    void headersTellOfTheRateWithTheLeastLeft() {
        ApiKey key = key("k", new Allowance(600, 60_000, 0, null), new Allowance(60, 0, 0, null));

        take(key, 500);
        assertThat(quotas.headers(key))
                .containsOnly(
                        Map.entry("x-ratelimit-limit-requests", "60"),
                        Map.entry("x-ratelimit-remaining-requests", "1"),
                        Map.entry("x-ratelimit-reset-requests", "1s"),
                        Map.entry("x-ratelimit-limit-tokens", "60000"),
                        Map.entry("x-ratelimit-remaining-tokens", "1500"),
                        Map.entry("x-ratelimit-reset-tokens", "500ms"));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0ms",
        "1, 1ms",
        "12000000, 12ms",
        "1500000000, 1.5s",
        "2000000000, 2s",
        "2001000000, 2.001s",
        "360000000000, 6m0s",
        "90020000000, 1m30.02s"
    })
    void durationsAreWrittenAsClientsReadThem(long duration, String written) {
        assertThat(RateStatus.duration(duration)).isEqualTo(written);
    }
}

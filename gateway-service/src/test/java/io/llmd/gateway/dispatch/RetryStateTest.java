package io.llmd.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryStateTest {

    private final RetryBudget budget = new RetryBudget(0.2, 3);

    @Test
    void atMostTwoFurtherEndpoints() {
        RetryState state = new RetryState(budget, 2, true);

        assertThat(state.tryAnother("a", AttemptFailure.CONNECT)).isTrue();
        assertThat(state.tryAnother("b", AttemptFailure.CONNECT)).isTrue();
        assertThat(state.tryAnother("c", AttemptFailure.CONNECT)).isFalse();
        assertThat(state.excluded()).containsExactly("a", "b", "c");
    }

    @Test
    void resetsAndServerErrorsAllowOneFurtherAttemptTogether() {
        RetryState state = new RetryState(budget, 2, true);

        assertThat(state.tryAnother("a", AttemptFailure.RESET)).isTrue();
        assertThat(state.tryAnother("b", AttemptFailure.SERVER_ERROR)).isFalse();
    }

    @Test
    void protocolErrorsAreNotTriedAgain() {
        assertThat(new RetryState(budget, 2, true).tryAnother("a", AttemptFailure.PROTOCOL))
                .isFalse();
    }

    @Test
    void whatMustNotBeRepeatedIsOnlyTriedAgainWhenNothingWasSent() {
        assertThat(new RetryState(budget, 2, false).tryAnother("a", AttemptFailure.UNAVAILABLE))
                .isFalse();
        assertThat(new RetryState(budget, 2, false).tryAnother("a", AttemptFailure.CONNECT))
                .isTrue();
    }

    @Test
    void budgetBoundsFurtherAttemptsAndIsGivenBack() {
        RetryState[] states = new RetryState[4];
        for (int i = 0; i < 4; i++) {
            states[i] = new RetryState(budget, 2, true);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(states[i].tryAnother("a", AttemptFailure.UNAVAILABLE)).isTrue();
        }
        assertThat(states[3].tryAnother("a", AttemptFailure.UNAVAILABLE)).isFalse();

        states[0].release();
        states[0].release();

        assertThat(budget.retrying()).isEqualTo(2);
        assertThat(new RetryState(budget, 2, true).tryAnother("a", AttemptFailure.UNAVAILABLE))
                .isTrue();
    }

    @Test
    void firstMoveAwayFromALostEndpointNeedsNoBudget() {
        for (int i = 0; i < 20; i++) {
            assertThat(new RetryState(budget, 2, true).tryAnother("a", AttemptFailure.RESET))
                    .isTrue();
        }
        assertThat(budget.retrying()).isZero();
    }

    @Test
    void secondMoveNeedsBudget() {
        for (int i = 0; i < 3; i++) {
            assertThat(budget.tryAcquire()).isTrue();
        }
        RetryState state = new RetryState(budget, 2, true);
        assertThat(state.tryAnother("a", AttemptFailure.CONNECT)).isTrue();
        assertThat(state.tryAnother("b", AttemptFailure.CONNECT)).isFalse();
        state.release();
        assertThat(budget.retrying()).isEqualTo(3);
    }

    @Test
    void budgetGrowsWithTheRequestsUnderWay() {
        for (int i = 0; i < 50; i++) {
            budget.enter();
        }
        for (int i = 0; i < 10; i++) {
            assertThat(budget.tryAcquire()).isTrue();
        }
        assertThat(budget.tryAcquire()).isFalse();
    }
}

package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the workers of an open have opened when one of them fails is known, to be closed again. */
class WorkersTest {
    private final List<Integer> done = new ArrayList<>();
    private final AtomicInteger made = new AtomicInteger();

    private Integer make(int i) {
        made.incrementAndGet();
        return i;
    }

    /** As when the process may have no more threads. */
    private static ThreadFactory noMoreThan(int threads) {
        AtomicInteger left = new AtomicInteger(threads);
        return work -> {
            if (left.getAndDecrement() <= 0) {
                throw new OutOfMemoryError("planted: unable to create native thread");
            }
            return new Thread(work);
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aThreadThatIsNotToBeHadFailsTheOpen(int threads) {
        assertThatThrownBy(() -> Workers.each(3, 10, this::make, done, noMoreThan(threads)))
                .isInstanceOf(OutOfMemoryError.class);
        assertThat(done).hasSize(made.get()).hasSize(threads);
    }

    @Test
    void withEnoughOfThemAllIsDoneInOrder() throws Exception {
        Workers.each(3, 10, this::make, done, noMoreThan(3));
        assertThat(done).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }
}

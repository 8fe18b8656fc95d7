package io.walnut.wal.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietLog.class)
class MappingsTest {
    private static final long SECOND = 1_000_000_000;

    private final AtomicLong inUse = new AtomicLong();
    private final AtomicLong now = new AtomicLong(-SECOND / 2); // a clock may begin anywhere
    private long counts;

    private Mappings of(long most) {
        return new Mappings(
                most,
                () -> {
                    counts++;
                    return inUse.get();
                },
                now::get);
    }

    @Test
    void anEighthIsLeftToTheJvm() {
        Mappings mappings = of(800);
        inUse.set(650);

        int taken = 0;
        while (taken < 1000 && mappings.take()) {
            taken++;
            inUse.incrementAndGet();
        }

        assertThat(taken).isEqualTo(50);
    }

    @Test
    void whatOthersTakeIsSeenAndWhatTheyGiveBackIsUsed() {
        Mappings mappings = of(800);
        assertThat(mappings.take()).isTrue();
        inUse.set(790);
        now.addAndGet(SECOND);
        assertThat(mappings.take()).isFalse();
        inUse.set(100);
        assertThat(mappings.take()).isFalse(); // it is not counted for each
        now.addAndGet(SECOND);
        assertThat(mappings.take()).isTrue();
    }

    @Test
    void itIsCountedOnceForMany() {
        Mappings mappings = of(65_530);
        for (int i = 0; i < 2_000; i++) {
            assertThat(mappings.take()).isTrue();
        }
        assertThat(counts).isEqualTo(2);
    }

    @Test
    void whereThereIsNoLimitNothingIsCounted() {
        assertThat(of(0).take()).isTrue();
        assertThat(counts).isZero();
    }

    @Test
    void whenTheProcessIsRefusedNoneIsTriedForAWhile() throws Exception {
        Mappings mappings = of(0);
        StorageFile file = new FaultyStorage().create("one");
        assertThat(mappings.refused(file, new IOException("Map failed", new OutOfMemoryError("Map failed"))))
                .isTrue();
        assertThat(mappings.take()).isFalse();
        now.addAndGet(10 * SECOND);
        assertThat(mappings.take()).isTrue();
    }

    @Test
    void aFileThatCannotBeMappedIsNoReasonForOthersToWait() throws Exception {
        Mappings mappings = of(0);
        assertThat(mappings.refused(new FaultyStorage().create("one"), new IOException("Operation not supported")))
                .isFalse();
        assertThat(mappings.take()).isTrue();
    }
}

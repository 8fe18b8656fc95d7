package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentTagsTest {
    private static final int CAPACITY = 16;

    /** The reader asks for the oldest, which the writer is about to overwrite. */
    @Test
    void aTagIsThatOfItsIndexOrUnknown() throws InterruptedException {
        RecentTags tags = new RecentTags(CAPACITY, 0);
        AtomicLong end = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().daemon().start(() -> {
            for (long index = 0; !stop.get(); index++) {
                tags.put(index, index);
                end.set(index + 1);
            }
        });
        long wrong = 0;
        for (int i = 0; i < 20_000_000; i++) {
            long index = Math.max(0, end.get() - CAPACITY);
            long tag = tags.get(index);
            wrong += tag != RecentTags.UNKNOWN && tag != index ? 1 : 0;
        }
        stop.set(true);
        writer.join();
        assertThat(wrong).isZero();
    }

    @Test
    void whatWasOverwrittenIsUnknownAfterATruncation() {
        RecentTags tags = new RecentTags(CAPACITY, 0);
        for (long index = 0; index < 3 * CAPACITY; index++) {
            tags.put(index, index);
        }
        tags.truncate(3 * CAPACITY - 5);
        for (long index = 0; index < 3 * CAPACITY; index++) {
            boolean held = index > 2 * CAPACITY && index < 3 * CAPACITY - 5;
            assertThat(tags.get(index)).as("tag of %d", index).isEqualTo(held ? index : RecentTags.UNKNOWN);
        }
        tags.put(3 * CAPACITY - 5, -7);
        assertThat(tags.get(3 * CAPACITY - 5)).isEqualTo(-7);
        assertThat(tags.get(2 * CAPACITY + 1)).isEqualTo(2 * CAPACITY + 1);

        tags.truncate(CAPACITY);
        tags.put(CAPACITY, 5);
        assertThat(tags.get(CAPACITY)).isEqualTo(5);
        assertThat(tags.get(CAPACITY - 1)).isEqualTo(RecentTags.UNKNOWN);
    }
}

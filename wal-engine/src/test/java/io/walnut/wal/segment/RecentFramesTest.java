package io.walnut.wal.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RecentFramesTest {
    private static final int RING = 1 << 20;

    /** The file has the same bytes again after these, a length that does not divide by that of a ring. */
    private static final ByteBuffer CONTENT = content();

    private static ByteBuffer content() {
        byte[] bytes = new byte[4096 * 37];
        new Random(1).nextBytes(bytes);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes);
    }

    private static byte at(long position) {
        return CONTENT.get((int) (position % (4096 * 37)));
    }

    private static void put(RecentFrames frames, long position, int length) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(length + 100);
        for (int i = 0; i < length; i++) {
            bytes.put(i + 100, at(position + i));
        }
        frames.put(bytes, 100, length, position);
    }

    private static boolean isThere(RecentFrames frames, long position, int length) {
        byte[] target = new byte[length];
        if (!frames.copy(position, target, length)) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            assertThat(target[i]).as("byte %d", position + i).isEqualTo(at(position + i));
        }
        return true;
    }

    @Test
    void hasTheLastBytesAndNoneFromBeforeItsStart() {
        RecentFrames frames = new RecentFrames(8192, 64 << 20);
        put(frames, 8192, 4096);
        assertThat(isThere(frames, 8192, 4096)).isTrue();
        assertThat(isThere(frames, 9000, 100)).isTrue();
        assertThat(isThere(frames, 4096, 4096)).isFalse();
    }

    @Test
    void whatIsOverwrittenIsNotThere() {
        RecentFrames frames = new RecentFrames(0, 64 << 20);
        for (int at = 0; at < 3 * RING; at += 12288) {
            put(frames, at, 12288);
            assertThat(isThere(frames, at, 12288)).isTrue();
        }
        assertThat(isThere(frames, 0, 4096)).isFalse();
        assertThat(isThere(frames, RING, 4096)).isFalse();
        assertThat(isThere(frames, 2 * RING + 12288, 4096)).isTrue();
    }

    @Test
    void ofAWriteLargerThanItselfItHasTheEnd() {
        RecentFrames frames = new RecentFrames(4096, 64 << 20);
        put(frames, 4096, 3 * RING);
        assertThat(isThere(frames, 4096, 4096)).isFalse();
        assertThat(isThere(frames, 2 * RING + 4096, RING)).isTrue();
    }

    @Test
    void aWriteThatComesLateTakesNoPlaceOfLaterBytes() {
        RecentFrames frames = new RecentFrames(4096, 64 << 20);
        put(frames, 4096 + RING, RING);
        put(frames, 4096, RING);
        assertThat(isThere(frames, 4096 + RING, RING)).isTrue();
        put(frames, 2L * RING + 8192, 4096);
        put(frames, 2L * RING + 4096, 4096);
        assertThat(isThere(frames, 2L * RING + 4096, 8192)).isTrue();
    }

    @Test
    void inASmallSegmentItIsNoLargerThanThat() {
        RecentFrames frames = new RecentFrames(4096, 8192);
        put(frames, 4096, 4096);
        put(frames, 8192, 8192);
        assertThat(isThere(frames, 4096, 4096)).isFalse();
        assertThat(isThere(frames, 8192, 8192)).isTrue();
    }

    /** Bytes that change while they are copied are never given out. */
    @Test
    void aReaderBesideTheWriterGetsTheRightBytesOrNone() throws Exception {
        RecentFrames frames = new RecentFrames(0, 1 << 16);
        AtomicLong end = new AtomicLong();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicLong copied = new AtomicLong();
        Thread reader = new Thread(() -> {
            Random random = new Random(1);
            try {
                while (end.get() >= 0) {
                    long now = end.get();
                    long from = now - (1 << 16) + random.nextInt(10_000); // about to be overwritten
                    int length = 1 + random.nextInt(40_000);
                    if (from >= 0 && isThere(frames, from, length)) {
                        copied.incrementAndGet();
                    }
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        reader.start();
        long until = System.nanoTime() + 300_000_000L;
        long position = 0;
        while (System.nanoTime() < until || (copied.get() == 0 && reader.isAlive())) {
            frames.put(CONTENT, (int) (position % (4096 * 37)), 4096, position);
            position += 4096;
            end.set(position);
        }
        end.set(-1);
        reader.join();
        assertThat(failure.get()).isNull();
        assertThat(copied.get()).isPositive();
    }
}

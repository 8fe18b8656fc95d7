package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.RaftPeerId;
import org.junit.jupiter.api.Test;

class CatchingUpTest {
    private static final RaftPeerId N2 = RaftPeerId.valueOf("n2");
    private static final RaftPeerId N3 = RaftPeerId.valueOf("n3");

    private final AtomicLong nanoTime = new AtomicLong();
    private final CatchingUp followers = new CatchingUp(nanoTime::get);

    @Test
    void keepsWhatTheSlowestNeedsNext() {
        assertThat(followers.firstKept()).isEqualTo(Long.MAX_VALUE);
        followers.began(N2, 10_000);
        followers.began(N3, 20_000);
        assertThat(followers.firstKept()).isEqualTo(10_001);
        followers.reached(N2, 15_000, 100_000);
        assertThat(followers.firstKept()).isEqualTo(15_001);
        followers.reached(N2, 99_000, 100_000);
        assertThat(followers.firstKept()).as("near the end").isEqualTo(20_001);
        followers.ended(N3);
        assertThat(followers.firstKept()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void theSnapshotComesBeforeWhatTheFollowerHadBefore() {
        followers.began(N2, 10_000);
        followers.reached(N2, 5, 100_000);
        assertThat(followers.firstKept()).isEqualTo(10_001);
    }

    @Test
    void nobodyIsWaitedForWithoutEnd() {
        followers.began(N2, 10_000);
        nanoTime.addAndGet(CatchingUp.LIMIT.toNanos());
        assertThat(followers.firstKept()).isEqualTo(Long.MAX_VALUE);
    }
}

package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SnapshotTimerTest {
    private final FakeMember member = new FakeMember();
    private long nowNanos;
    private final SnapshotTimer timer =
            new SnapshotTimer("n1", new RaftOptions.Snapshots(1_000, Duration.ofMinutes(10)), member, () -> nowNanos);

    private static final class FakeMember implements SnapshotTimer.Member {
        long bytes = 1;
        long needed;
        boolean shortOfRoom;
        boolean failing;
        int snapshots;
        int roomMade;

        @Override
        public long bytesSinceSnapshot() {
            return bytes;
        }

        @Override
        public long neededLsn() {
            return needed;
        }

        @Override
        public boolean isShortOfRoom() {
            return shortOfRoom;
        }

        @Override
        public void takeSnapshot() {
            snapshots++;
        }

        @Override
        public void makeRoom() throws IOException {
            roomMade++;
            if (failing) {
                throw new IOException("no room (planted)");
            }
        }
    }

    private void checkEverySecond(int seconds) {
        for (int i = 0; i < seconds; i++) {
            nowNanos += Duration.ofSeconds(1).toNanos();
            timer.check();
        }
    }

    @Test
    void aTrimIsLeftToTheUsualTimeWhileThereIsRoom() {
        member.needed = 100;
        checkEverySecond(60);
        assertThat(member.roomMade).isZero();
        assertThat(member.snapshots).isZero();
        checkEverySecond(600);
        assertThat(member.snapshots).isOne();
    }

    @Test
    void aTrimOnAFullDiskGivesRoomBackSoonAndOnce() {
        member.shortOfRoom = true;
        checkEverySecond(60);
        assertThat(member.roomMade).as("nothing to give back").isZero();
        member.needed = 100;
        checkEverySecond(5);
        assertThat(member.roomMade).isOne();
        checkEverySecond(500);
        assertThat(member.roomMade).as("nothing more to give back").isOne();
        member.needed = Long.MAX_VALUE;
        checkEverySecond(5);
        assertThat(member.roomMade).isEqualTo(2);
    }

    @Test
    void aTrimBeforeTheDiskWasFullCounts() {
        checkEverySecond(10);
        member.needed = Long.MAX_VALUE;
        checkEverySecond(10);
        member.needed = 500; // a new record
        checkEverySecond(10);
        member.shortOfRoom = true;
        checkEverySecond(5);
        assertThat(member.roomMade).isOne();
    }

    @Test
    void aFailureIsTriedAgainMoreAndMoreRarely() {
        member.shortOfRoom = true;
        member.failing = true;
        member.needed = 100;
        checkEverySecond(600);
        assertThat(member.roomMade).isBetween(5, 9);
        member.failing = false;
        checkEverySecond(300);
        int made = member.roomMade;
        checkEverySecond(300);
        assertThat(member.roomMade).isEqualTo(made);
    }

    @Test
    void oneTrimAfterAnotherDoesNotMakeASnapshotEach() {
        member.shortOfRoom = true;
        for (int i = 0; i < 60; i++) {
            member.needed++;
            checkEverySecond(1);
        }
        assertThat(member.roomMade).isEqualTo(12);
    }
}

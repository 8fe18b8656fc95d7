package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.util.LifeCycle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {
    private static final ByteBuffer NO_CONFIGURATION = ByteBuffer.allocate(0);
    private static final SnapshotRetentionPolicy KEEP_ONE = new SnapshotRetentionPolicy() {
        @Override
        public int getNumSnapshotsRetained() {
            return 1;
        }
    };

    @TempDir
    Path group;

    private final RecordingState state = new RecordingState();
    private Wal wal;
    private SnapshotStore store;

    @BeforeEach
    void open() throws IOException {
        wal = Wal.open(group.resolve("wal"), WalOptions.defaults().withSizes(1 << 20, 1 << 18, 1 << 20));
        append(10);
        store = reopened();
    }

    @AfterEach
    void close() throws IOException {
        wal.close();
    }

    @Test
    void aSnapshotIsFoundAgainWithItsState() throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        SnapshotStore again = reopened();
        assertThat(again.latest()).hasValue(TermIndex.valueOf(2, 4));
        RecordingState loaded = new RecordingState();
        loaded.load(again.readLatest().orElseThrow().state());
        assertThat(loaded.commands()).isEqualTo(state.commands());
    }

    @Test
    void itsFilesLieBelowTheDirectoryThatRatisSendsFrom() throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        SnapshotInfo info = java.util.Objects.requireNonNull(store.getLatestSnapshot());
        assertThat(info.getFiles()).hasSizeGreaterThanOrEqualTo(2).allSatisfy(file -> {
            assertThat(file.getPath())
                    .startsWith(store.getSnapshotDir().toPath().toAbsolutePath());
            assertThat(file.getFileSize()).isPositive();
        });
    }

    @Test
    void everyFlippedByteOfTheImageIsNoticed() throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        Path image = group.resolve("snapshots").resolve("2-4").resolve(SnapshotImage.FILE_NAME);
        byte[] good = Files.readAllBytes(image);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 0x10;
            Files.write(image, bad);
            assertThatThrownBy(() -> SnapshotImage.read(image)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aSnapshotThatFailsHoldsNoSegments() throws IOException {
        ReplicatedState failing = new ReplicatedState() {
            @Override
            public ByteBuffer apply(long lsn, ByteBuffer command) {
                return ByteBuffer.allocate(0);
            }

            @Override
            public long neededLsn() {
                return 0;
            }

            @Override
            public void save(OutputStream out) throws IOException {
                throw new IOException("no room (planted)");
            }

            @Override
            public void load(ByteBuffer image) {}
        };
        assertThatThrownBy(() -> store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, failing, wal))
                .hasMessageContaining("planted");
        assertThat(group.resolve("building")).doesNotExist();
    }

    @Test
    void theOldSnapshotOutlivesTwoInstallationsThatCameToNothing() throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        store.beforeInstall();
        store.beforeInstall();
        assertThat(reopened().latest()).hasValue(TermIndex.valueOf(2, 4));
    }

    @Test
    void theStateMachineGoesOnWhenTheLogHasTakenTheSnapshotOver() throws Exception {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        RecordingState installed = new RecordingState();
        Member member = new Member(installed);
        assertThat(member.reloading.isDone()).isFalse();
        assertThat(installed.commands())
                .as("read before the log has their records")
                .isEmpty();
        member.snapshots.installed(null);
        member.reloading.get(10, TimeUnit.SECONDS);
        assertThat(installed.commands()).isEqualTo(state.commands());
    }

    @Test
    void theStateMachineStopsWhenTheLogCannotTakeTheSnapshotOver() throws Exception {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        RecordingState installed = new RecordingState();
        Member member = new Member(installed);
        member.snapshots.installed(new IOException("no room (planted)"));
        assertThatThrownBy(() -> member.reloading.get(10, TimeUnit.SECONDS)).hasStackTraceContaining("planted");
        assertThat(installed.commands()).isEmpty();
    }

    /** A member that was sent the snapshot in {@link #store}; its applying thread has been told, its log has not. */
    private final class Member {
        private final WalnutStateMachine machine;
        private final SnapshotStore snapshots;
        private final CompletableFuture<Void> reloading = new CompletableFuture<>();

        Member(RecordingState installed) throws IOException {
            Path directory = group.resolve("member");
            machine = new WalnutStateMachine(installed, directory, WalOptions.defaults(), new AppliedSignal(), _ -> {});
            snapshots = (SnapshotStore) machine.getStateMachineStorage();
            snapshots.open();
            machine.getLifeCycle().transition(LifeCycle.State.STARTING);
            machine.getLifeCycle().transition(LifeCycle.State.RUNNING);
            machine.pause();
            Files.move(group.resolve("snapshots"), directory.resolve("snapshots"));
            Thread applying = Thread.ofPlatform().daemon().start(() -> {
                try {
                    machine.reinitialize();
                    reloading.complete(null);
                } catch (IOException e) {
                    reloading.completeExceptionally(e);
                }
            });
            LoopbackCluster.await(
                    "the applying thread waits or has ended",
                    () -> applying.getState() == Thread.State.WAITING || reloading.isDone());
            snapshots.afterInstall();
        }
    }

    @Test
    void aDamagedSnapshotIsPassedOverForTheOneBefore() throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        store.take(TermIndex.valueOf(2, 8), NO_CONFIGURATION, state, wal);
        Files.write(group.resolve("snapshots").resolve("2-8").resolve(SnapshotImage.FILE_NAME), new byte[] {1, 2, 3});
        assertThat(reopened().latest()).hasValue(TermIndex.valueOf(2, 4));
    }

    /** Its links would hold the space of segments that the log has dropped long ago. */
    @Test
    void aDamagedSnapshotGoesWhenALaterOneIsKept() throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        Path damaged = group.resolve("snapshots").resolve("2-4");
        Files.write(damaged.resolve(SnapshotImage.FILE_NAME), new byte[3]);
        SnapshotStore again = reopened();
        assertThat(again.latest()).isEmpty();
        assertThat(damaged).exists(); // it is all there is

        again.take(TermIndex.valueOf(2, 9), NO_CONFIGURATION, state, wal);
        again.cleanupOldSnapshots(KEEP_ONE);
        assertThat(damaged).doesNotExist();
        assertThat(reopened().latest()).hasValue(TermIndex.valueOf(2, 9));
    }

    @Test
    void aSnapshotThatIsTakenWhereADamagedOneWasStays() throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        Files.write(group.resolve("snapshots").resolve("2-4").resolve(SnapshotImage.FILE_NAME), new byte[3]);
        SnapshotStore again = reopened();
        again.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        again.cleanupOldSnapshots(KEEP_ONE);
        assertThat(reopened().latest()).hasValue(TermIndex.valueOf(2, 4));
    }

    @Test
    void nothingThatAKeptSnapshotNeedsMayBeTrimmed() throws IOException {
        assertThat(store.trimFloor()).isZero();
        state.needOnlyFrom(3);
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        state.needOnlyFrom(Long.MAX_VALUE);
        store.take(TermIndex.valueOf(2, 8), NO_CONFIGURATION, state, wal);
        assertThat(store.trimFloor()).isEqualTo(3);
        store.cleanupOldSnapshots(keep(1));
        assertThat(store.trimFloor())
                .as("the entry at the snapshot tells the term")
                .isEqualTo(8);
        assertThat(group.resolve("snapshots").resolve("2-4")).doesNotExist();
    }

    @Test
    void aTakeThatWasCutShortLeavesNothing() throws IOException {
        Files.createDirectories(group.resolve("building"));
        Files.writeString(group.resolve("building").resolve("image"), "half");
        assertThat(reopened().latest()).isEmpty();
        assertThat(group.resolve("building")).doesNotExist();
    }

    @Test
    void anInstallationTakesTheWalOfTheOther() throws IOException {
        Path other = group.resolve("other");
        SnapshotStore receiver = installed(other, () -> {});
        try (Wal fresh = Wal.open(other.resolve("wal"), WalOptions.defaults().withSizes(1 << 20, 1 << 18, 1 << 20))) {
            receiver.afterInstall();
            receiver.adoptInto(fresh);
            receiver.installed(null);
            assertThat(fresh.endLsn()).isEqualTo(5);
            for (long lsn = 0; lsn < 5; lsn++) {
                assertThat(fresh.read(lsn).payload()).isEqualTo(wal.read(lsn).payload());
            }
        }
        assertThat(other.resolve("replaced")).doesNotExist();
    }

    @Test
    void aCrashBeforeRatisPublishesLeavesTheOldSnapshot() throws IOException {
        Path other = group.resolve("other");
        SnapshotStore receiver = storeAt(other);
        Files.createDirectories(other.resolve("snapshots").resolve("1-1"));
        Files.copy(imageOf("1-1", TermIndex.valueOf(1, 1)), other.resolve("snapshots/1-1/image"));
        receiver.open();
        receiver.beforeInstall();
        assertThat(storeAt(other, true).latest()).hasValue(TermIndex.valueOf(1, 1));
    }

    @Test
    void aCrashRightAfterRatisPublishedLeavesTheNewSnapshot() throws IOException {
        Path other = group.resolve("other");
        installed(other, () -> {});
        assertThat(storeAt(other, true).latest()).hasValue(TermIndex.valueOf(2, 4));
    }

    /** What Ratis does: fill incoming/snapshot-X, pause, rename it to snapshots. */
    private SnapshotStore installed(Path other, Runnable beforePublish) throws IOException {
        store.take(TermIndex.valueOf(2, 4), NO_CONFIGURATION, state, wal);
        SnapshotStore receiver = storeAt(other, true);
        Path incoming = other.resolve("incoming").resolve("snapshot-x");
        Path target = incoming.resolve("2-4");
        Files.createDirectories(target);
        try (var files = Files.list(group.resolve("snapshots").resolve("2-4"))) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        receiver.beforeInstall();
        beforePublish.run();
        Files.move(incoming, other.resolve("snapshots"));
        return receiver;
    }

    private Path imageOf(String name, TermIndex at) throws IOException {
        store.take(at, NO_CONFIGURATION, state, wal);
        return group.resolve("snapshots").resolve(name).resolve(SnapshotImage.FILE_NAME);
    }

    private void append(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            byte[] text = ("command " + i).getBytes(StandardCharsets.UTF_8);
            long lsn = wal.enqueue(Batch.of(2 << 8, ByteBuffer.wrap(text)));
            state.apply(lsn, ByteBuffer.wrap(text));
        }
        LoopbackCluster.await("durable", () -> wal.durableLsn() == wal.endLsn());
    }

    private SnapshotStore reopened() throws IOException {
        return storeAt(group, true);
    }

    private static SnapshotStore storeAt(Path directory) throws IOException {
        return storeAt(directory, false);
    }

    private static SnapshotStore storeAt(Path directory, boolean open) throws IOException {
        Files.createDirectories(directory);
        SnapshotStore opened = new SnapshotStore(directory);
        if (open) {
            opened.open();
        }
        return opened;
    }

    private static SnapshotRetentionPolicy keep(int count) {
        return new SnapshotRetentionPolicy() {
            @Override
            public int getNumSnapshotsRetained() {
                return count;
            }
        };
    }
}

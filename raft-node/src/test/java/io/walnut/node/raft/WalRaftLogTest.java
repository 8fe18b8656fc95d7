package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.node.raft.StartRefusedException.Reason;
import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalPoisonedException;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto.LogEntryBodyCase;
import org.apache.ratis.proto.RaftProtos.MetadataProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.impl.RaftLogSeam;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageDirectory;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.server.storage.RaftStorageMetadataFile;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a Raft log, a sentence a test. */
@SuppressWarnings("FutureReturnValueIgnored")
class WalRaftLogTest {
    private static final long TERM = 3;

    @TempDir
    Path group;

    private final FakeStorage storage = new FakeStorage();
    private final FakeSnapshots snapshots = new FakeSnapshots();
    private final List<Long> commitEvents = new CopyOnWriteArrayList<>();
    private final List<LogEntryProto> truncated = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final List<LogEntryProto> fedAtOpen = new ArrayList<>();
    private final RaftProperties properties = new RaftProperties();
    private final AtomicLong currentTerm = new AtomicLong(TERM);
    private volatile Runnable onCommitEvent = () -> {};

    private GatedStorage disk;
    private WalRaftLog log;
    private Wal wal;
    private Damage damage;

    @BeforeEach
    void openEmpty() throws IOException {
        Files.createDirectories(group.resolve("current"));
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        open();
        log.persistMetadata(RaftStorageMetadata.valueOf(TERM, RaftPeerId.valueOf("n1")));
    }

    @AfterEach
    void close() throws IOException {
        disk.release();
        log.close();
    }

    // ---- append

    @Test
    void anEntryCanBeReadAsSoonAsAppendReturns() throws IOException {
        append(entry(TERM, 0));
        assertThat(log.get(0)).isEqualTo(entry(TERM, 0));
        assertThat(log.getEntryWithData(0).getSerializedSize())
                .isEqualTo(entry(TERM, 0).getSerializedSize());
        assertThat(log.getTermIndex(0)).isEqualTo(TermIndex.valueOf(TERM, 0));
        assertThat(log.getNextIndex()).isEqualTo(1);
    }

    @Test
    void theFutureOfAnAppendCompletesWithTheIndexWhenTheEntryIsDurable() throws Exception {
        assertThat(append(entry(TERM, 0)).get(10, TimeUnit.SECONDS)).isZero();
        assertThat(wal.durableLsn()).isGreaterThanOrEqualTo(1);
    }

    @Test
    void theFlushIndexMovesThenTheDivisionIsToldThenTheFutureCompletes() throws Exception {
        CompletableFuture<Long> future = append(entry(TERM, 0));
        future.thenAccept(_ -> {
                    assertThat(log.getFlushIndex()).isZero();
                    assertThat(commitEvents)
                            .as("flush index seen by the commit event")
                            .contains(0L);
                })
                .get(10, TimeUnit.SECONDS);
    }

    @Test
    void aBatchOfAFollowerHasOneFutureForAll() throws Exception {
        List<CompletableFuture<Long>> futures = log.append(entries(TERM, 0, 10));
        assertThat(futures).hasSize(1);
        assertThat(futures.getFirst().get(10, TimeUnit.SECONDS)).isEqualTo(9);
        assertThat(log.getFlushIndex()).isEqualTo(9);
    }

    /**
     * The WAL may have synced an entry before it is visible, and then another thread tells of it. That thread must not come from
     * the common pool, which belongs to whoever blocks it: Ratis and its tests do. The busy threads make the case frequent.
     */
    @Test
    void appendsCompleteWhileTheCommonPoolIsBusy() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        List<Thread> busy = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            busy.add(Thread.ofPlatform().daemon().start(() -> {
                while (end.getCount() > 0) {
                    Thread.onSpinWait();
                }
            }));
        }
        for (int i = 0; i < ForkJoinPool.getCommonPoolParallelism(); i++) {
            ForkJoinPool.commonPool().execute(() -> await(end));
        }
        try {
            for (int index = 0; index < 2_000; index++) {
                assertThat(log.append(entries(TERM, index, index + 1))
                                .getFirst()
                                .get(10, TimeUnit.SECONDS))
                        .isEqualTo(index);
            }
        } finally {
            end.countDown();
            for (Thread thread : busy) {
                thread.join();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void entriesThatAreThereAlreadyAreSkipped() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        List<CompletableFuture<Long>> again = log.append(entries(TERM, 3, 12));
        assertThat(again.getFirst().get(10, TimeUnit.SECONDS)).isEqualTo(11);
        assertThat(log.append(entries(TERM, 5, 8)).getFirst().get(10, TimeUnit.SECONDS))
                .isEqualTo(7);
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 11));
        assertThat(truncated).isEmpty();
        assertThat(wal.endLsn()).isEqualTo(12);
    }

    @Test
    void aContradictionIsTruncatedAndTheDivisionHearsOfEveryEntryThatGoes() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        List<LogEntryProto> other = new ArrayList<>(entries(TERM, 4, 6));
        other.addAll(entries(TERM + 1, 6, 8));
        assertThat(log.append(other).getFirst().get(10, TimeUnit.SECONDS)).isEqualTo(7);
        assertThat(truncated).extracting(LogEntryProto::getIndex).containsExactly(6L, 7L, 8L, 9L);
        assertThat(truncated).extracting(LogEntryProto::getTerm).containsOnly(TERM);
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM + 1, 7));
        assertThat(log.getTermIndex(5)).isEqualTo(TermIndex.valueOf(TERM, 5));
        assertThat(log.get(6)).isEqualTo(entry(TERM + 1, 6));
        assertThat(log.get(8)).isNull();
        reopen();
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM + 1, 7));
        assertThat(log.get(6)).isEqualTo(entry(TERM + 1, 6));
    }

    @Test
    void aFullDiskRefusesTheLeadersEntriesAsIfTheyHadNotComeAndTakesThemWhenThereIsRoom() throws Exception {
        ByteString large = ByteString.copyFrom(new byte[1 << 20]);
        disk.full(true);
        long next = 0;
        Throwable refusal = null;
        for (; refusal == null; next++) {
            assertThat(next).as("entries taken without room for a segment").isLessThan(40);
            refusal = failure(log.append(List.of(entry(TERM, next, large))).getFirst());
        }
        long refused = next - 1;

        assertThat(refusal).isInstanceOf(IOException.class).hasMessageContaining("no room for the next segment");
        // It has to fit into the headers of an answer.
        assertThat(refusal).hasNoCause();
        assertThat(refusal.getStackTrace()).isEmpty();
        assertThat(refused).isPositive();
        assertThat(log.getNextIndex()).isEqualTo(refused);
        assertThat(log.get(refused)).isNull();
        assertThat(log.getTermIndex(refused)).isNull();

        disk.full(false);
        assertThat(log.append(List.of(entry(TERM, refused, large))).getFirst().get(10, TimeUnit.SECONDS))
                .isEqualTo(refused);
        assertThat(append(entry(TERM, refused + 1)).get(10, TimeUnit.SECONDS)).isEqualTo(refused + 1);
        reopen();
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, refused + 1));
        assertThat(log.get(refused)).isEqualTo(entry(TERM, refused, large));
    }

    @Test
    void aContradictionOfACommittedEntryIsRefused() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        log.updateCommitIndex(6, TERM, false);
        assertThatThrownBy(() -> log.append(entries(TERM + 1, 6, 8)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("contradicts a committed one");
        assertThat(log.getTermIndex(6)).isEqualTo(TermIndex.valueOf(TERM, 6));
    }

    @Test
    void anEntryThatDoesNotFollowIsRefused() {
        append(entry(TERM, 0));
        assertThatThrownBy(() -> log.append(entries(TERM, 2, 3))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> append(entry(TERM - 1, 1))).isInstanceOf(IllegalStateException.class);
        assertThat(log.getNextIndex()).isEqualTo(1);
    }

    @Test
    void anEntryIsReadableWhileItsSyncIsStillUnderWay() throws Exception {
        disk.hold();
        CompletableFuture<Long> future = append(entry(TERM, 0));
        assertThat(log.get(0)).isEqualTo(entry(TERM, 0));
        assertThat(log.getEntries(0, 1)).hasSize(1);
        assertThat(log.getNextIndex()).isEqualTo(1);
        assertThat(log.getFlushIndex()).isEqualTo(RaftLog.INVALID_LOG_INDEX);
        assertThat(log.updateCommitIndex(0, TERM, false))
                .as("not durable, not committed")
                .isFalse();
        assertThat(future).isNotDone();
        disk.release();
        assertThat(future.get(10, TimeUnit.SECONDS)).isZero();
        assertThat(log.getFlushIndex()).isZero();
    }

    @Test
    void anEntryThatIsKnownButNotDurableIsNotAcknowledgedBeforeItIs() throws Exception {
        disk.hold();
        log.append(entries(TERM, 0, 3));
        CompletableFuture<Long> again = log.append(entries(TERM, 0, 3)).getFirst();
        assertThat(again).isNotDone();
        disk.release();
        assertThat(again.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    }

    @Test
    void aFailedSyncEndsTheLogForGood() throws Exception {
        disk.fail();
        CompletableFuture<Long> future = append(entry(TERM, 0));
        assertThat(failure(future)).isNotNull();
        LoopbackCluster.await("the state machine hears of it", () -> !failures.isEmpty());
        LoopbackCluster.await("the log closes", () -> !log.isOpened());
        assertThat(log.getFlushIndex()).isEqualTo(RaftLog.INVALID_LOG_INDEX);
        assertThatThrownBy(() -> append(entry(TERM, 1))).isInstanceOf(RuntimeException.class);
        assertThat(failures).as("reported once").hasSize(1);
    }

    /** A leader sent entries twice while the disk was held up, and another leader's contradict them. */
    @Test
    void anAppendBehindATruncationIsAnswered() throws Exception {
        append(entry(TERM, 0)).get(10, TimeUnit.SECONDS);
        disk.hold();
        log.append(entries(TERM, 1, 21));
        log.append(entries(TERM, 1, 11));
        CompletableFuture<CompletableFuture<Long>> other = new CompletableFuture<>();
        Thread appending = Thread.ofPlatform()
                .daemon()
                .start(() ->
                        other.complete(log.append(entries(TERM + 1, 15, 17)).getFirst()));
        LoopbackCluster.await("the truncation waits for the disk", () -> appending.getState() == Thread.State.WAITING);
        disk.release();

        assertThat(other.get(10, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS)).isEqualTo(16);
        assertThat(log.append(entries(TERM + 1, 15, 17)).getFirst().get(10, TimeUnit.SECONDS))
                .isEqualTo(16);
    }

    @Test
    void whatBecomesDurableDuringATruncationIsTold() throws Exception {
        append(entry(TERM, 0)).get(10, TimeUnit.SECONDS);
        disk.hold();
        CompletableFuture<Long> below = log.append(entries(TERM, 1, 11)).getFirst();
        CompletableFuture<Long> above = log.append(entries(TERM, 11, 21)).getFirst();
        Thread truncating = Thread.ofPlatform().daemon().start(() -> log.truncate(15));
        LoopbackCluster.await("the truncation waits for the disk", () -> truncating.getState() == Thread.State.WAITING);
        disk.release();

        assertThat(below.get(10, TimeUnit.SECONDS)).isEqualTo(10);
        assertThat(above.get(10, TimeUnit.SECONDS)).isEqualTo(20);
        assertThat(log.getFlushIndex()).isEqualTo(14);
    }

    /**
     * A thread that tells of an entry, because the WAL did before the entry was visible, is held up while the entry is replaced. Busy
     * threads make that thread frequent.
     */
    @Test
    void whatIsToldLateOfATruncatedEntryDoesNotCompleteTheOneInItsPlace() throws Exception {
        CountDownLatch telling = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Thread> teller = new CompletableFuture<>();
        onCommitEvent = () -> {
            if (Thread.currentThread().isVirtual() && teller.complete(Thread.currentThread())) {
                telling.countDown();
                await(goOn);
            }
        };
        List<Thread> busy = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            busy.add(Thread.ofPlatform().daemon().start(() -> {
                while (telling.getCount() > 0) {
                    Thread.onSpinWait();
                }
            }));
        }
        try {
            long index = 0;
            for (; telling.getCount() > 0 && index < 100_000; index++) {
                CompletableFuture<Long> next = append(entry(TERM, index));
                while (!next.isDone() && telling.getCount() > 0) {
                    Thread.onSpinWait();
                }
            }
            assertThat(telling.getCount()).as("such a thread came").isZero();
            log.truncate(--index);
            disk.hold();
            CompletableFuture<Long> fresh = append(entry(TERM + 1, index));

            goOn.countDown();
            assertThat(teller.get(10, TimeUnit.SECONDS).join(java.time.Duration.ofSeconds(10)))
                    .isTrue();
            assertThat(log.getFlushIndex()).isEqualTo(index - 1);
            assertThat(fresh).as("appended, and not durable").isNotDone();

            disk.release();
            assertThat(fresh.get(10, TimeUnit.SECONDS)).isEqualTo(index);
        } finally {
            telling.countDown();
            goOn.countDown();
            for (Thread thread : busy) {
                thread.join();
            }
        }
    }

    // ---- a leader that was deposed meanwhile

    private CompletableFuture<Long> appendFor(LeaderRequest request, List<LogEntryProto> entries) {
        CompletableFuture<CompletableFuture<Long>> answer = new CompletableFuture<>();
        request.run(() -> answer.complete(log.append(entries).getFirst()));
        return answer.join();
    }

    @Test
    void entriesOfADeposedLeaderAreNotAcknowledged() throws Exception {
        LeaderRequest request = new LeaderRequest(TERM, null);
        assertThat(appendFor(request, entries(TERM, 0, 5)).get(10, TimeUnit.SECONDS))
                .isEqualTo(4);
        currentTerm.set(TERM + 1);
        assertThat(appendFor(new LeaderRequest(TERM, TermIndex.valueOf(TERM, 4)), entries(TERM, 5, 6)))
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .withMessageContaining("deposed");
    }

    @Test
    void aDeposedLeaderTakesNothingAway() throws Exception {
        log.append(entries(TERM, 0, 5)).getFirst().get(10, TimeUnit.SECONDS);
        log.append(entries(TERM + 1, 5, 7)).getFirst().get(10, TimeUnit.SECONDS);
        currentTerm.set(TERM + 1);
        assertThat(failure(appendFor(new LeaderRequest(TERM, TermIndex.valueOf(TERM, 4)), entries(TERM, 5, 6))))
                .isNotNull();
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM + 1, 6));
    }

    @Test
    void entriesWhosePlaceIsGoneAreNotTaken() throws Exception {
        log.append(entries(TERM, 0, 5)).getFirst().get(10, TimeUnit.SECONDS);
        log.append(entries(TERM + 1, 3, 5)).getFirst().get(10, TimeUnit.SECONDS);
        currentTerm.set(TERM + 1);
        // They followed on entry 4 of TERM when Ratis looked, and another 4 is there now.
        assertThat(appendFor(new LeaderRequest(TERM + 1, TermIndex.valueOf(TERM, 4)), entries(TERM, 5, 6)))
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .withMessageContaining("cut off meanwhile");
        assertThat(log.getNextIndex()).isEqualTo(5);
    }

    @Test
    void aLeaderInOfficeReplacesWhatContradictsIt() throws Exception {
        log.append(entries(TERM, 0, 5)).getFirst().get(10, TimeUnit.SECONDS);
        currentTerm.set(TERM + 1);
        assertThat(appendFor(new LeaderRequest(TERM + 1, TermIndex.valueOf(TERM, 2)), entries(TERM + 1, 3, 4))
                        .get(10, TimeUnit.SECONDS))
                .isEqualTo(3);
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM + 1, 3));
    }

    // ---- truncate

    @Test
    void aTruncationWithoutRoomIsRefusedAndChangesNothing() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        disk.full(true);
        assertThat(failure(log.append(entries(TERM + 1, 6, 8)).getFirst())).isNotNull();
        assertThat(failures).isEmpty();
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 9));
        assertThat(log.getFlushIndex()).isEqualTo(9);
        assertThat(log.get(8)).isEqualTo(entry(TERM, 8));

        disk.full(false);
        assertThat(log.append(entries(TERM + 1, 6, 8)).getFirst().get(10, TimeUnit.SECONDS))
                .isEqualTo(7);
        assertThat(log.getTermIndex(6)).isEqualTo(TermIndex.valueOf(TERM + 1, 6));
        assertThat(log.getTermIndex(5)).isEqualTo(TermIndex.valueOf(TERM, 5));
    }

    @Test
    void whatBecomesDurableDuringATruncationWithoutRoomIsTold() throws Exception {
        append(entry(TERM, 0)).get(10, TimeUnit.SECONDS);
        disk.hold();
        CompletableFuture<Long> below = log.append(entries(TERM, 1, 11)).getFirst();
        disk.full(true);
        CompletableFuture<CompletableFuture<Long>> other = new CompletableFuture<>();
        Thread appending = Thread.ofPlatform()
                .daemon()
                .start(() -> other.complete(log.append(entries(TERM + 1, 6, 8)).getFirst()));
        LoopbackCluster.await("the truncation waits for the disk", () -> appending.getState() == Thread.State.WAITING);
        disk.release();

        assertThat(failure(other.get(10, TimeUnit.SECONDS))).isNotNull();
        assertThat(below.get(10, TimeUnit.SECONDS)).isEqualTo(10);
        assertThat(log.getFlushIndex()).isEqualTo(10);
        assertThat(failures).isEmpty();
        disk.full(false);
    }

    @Test
    void truncateIsInclusiveAndLowersTheFlushIndexAtOnce() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        assertThat(log.truncate(4).get(10, TimeUnit.SECONDS)).isEqualTo(4);
        assertThat(log.getFlushIndex()).isEqualTo(3);
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 3));
        assertThat(log.get(4)).isNull();
        assertThat(log.getTermIndex(4)).isNull();
    }

    @Test
    void whoWaitsForATruncatedEntryIsNotToldOfAFailure() throws Exception {
        CompletableFuture<Long> future = log.append(entries(TERM, 0, 10)).getFirst();
        log.truncate(5);
        assertThat(future.get(10, TimeUnit.SECONDS)).isEqualTo(9);
    }

    /** What is not durable is not acknowledged, nor counted as this member's vote, while the log comes to its end. */
    @Test
    void aTruncationThatFailsMakesNothingDurable() throws Exception {
        append(entry(TERM, 0)).get(10, TimeUnit.SECONDS);
        disk.hold();
        log.append(entries(TERM, 1, 21));
        Thread truncating = Thread.ofPlatform().daemon().start(() -> log.truncate(15));
        LoopbackCluster.await("the truncation waits for the disk", () -> truncating.getState() == Thread.State.WAITING);
        disk.fail();
        truncating.join();

        assertThat(wal.durableLsn()).isEqualTo(1);
        assertThat(log.getFlushIndex()).isZero();
        LoopbackCluster.await("the state machine hears of it", () -> !failures.isEmpty());
    }

    // ---- commit

    @Test
    void theCommitIndexNeverPassesTheFlushIndex() throws Exception {
        log.append(entries(TERM, 0, 3)).getFirst().get(10, TimeUnit.SECONDS);
        assertThat(log.updateCommitIndex(99, TERM, false)).isTrue();
        assertThat(log.getLastCommittedIndex()).isEqualTo(2);
    }

    @Test
    void aLeaderCommitsOnlyEntriesOfItsOwnTerm() throws Exception {
        log.append(entries(TERM, 0, 3)).getFirst().get(10, TimeUnit.SECONDS);
        assertThat(log.updateCommitIndex(2, TERM + 1, true)).isFalse();
        append(entry(TERM + 1, 3)).get(10, TimeUnit.SECONDS);
        assertThat(log.updateCommitIndex(3, TERM + 1, true)).isTrue();
    }

    // ---- reading

    @Test
    void headersOfARangeAreNeverNull() {
        log.append(entries(TERM, 0, 10));
        LogEntryHeader[] headers = log.getEntries(3, 99);
        assertThat(Arrays.stream(headers).map(LogEntryHeader::getIndex)).containsExactly(3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(headers[0].getLogEntryBodyCase()).isEqualTo(LogEntryBodyCase.STATEMACHINELOGENTRY);
        assertThat(log.getEntries(10, 12)).isEmpty();
    }

    @Test
    void anEntryThatLeftTheCacheIsReadFromTheDisk() throws Exception {
        ByteString large = ByteString.copyFrom(new byte[1 << 20]);
        CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);
        for (int i = 0; i < 40; i++) {
            last = append(entry(TERM, i, large));
        }
        last.get(30, TimeUnit.SECONDS);
        assertThat(log.get(0)).isEqualTo(entry(TERM, 0, large));
        assertThat(log.get(39)).isEqualTo(entry(TERM, 39, large));
    }

    @Test
    void whatIsNotThereIsNull() throws Exception {
        assertThat(log.get(0)).isNull();
        assertThat(log.getTermIndex(0)).isNull();
        assertThat(log.getLastEntryTermIndex()).isNull();
        assertThat(log.getStartIndex()).isEqualTo(RaftLog.INVALID_LOG_INDEX);
        assertThat(log.getNextIndex()).isZero();
    }

    // ---- purge

    @Test
    void whatAFollowerNeedsBehindItsSnapshotIsNotPurged() throws Exception {
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, 0);
        int entries = 2 * RaftKeys.PRESERVED_ENTRIES;
        log.append(entries(TERM, 0, entries)).getFirst().get(10, TimeUnit.SECONDS);
        RaftPeerId follower = RaftPeerId.valueOf("n2");
        log.catchingUp().began(follower, 5);
        assertThat(log.purge(entries - 2).get(10, TimeUnit.SECONDS)).isEqualTo(5);
        assertThat(log.get(6)).isEqualTo(entry(TERM, 6));
        log.catchingUp().reached(follower, entries - 1, entries);
        assertThat(log.purge(entries - 2).get(10, TimeUnit.SECONDS)).isEqualTo(entries - 2);
    }

    @Test
    void aPurgeMovesTheStartIndexAndKeepsTheTermOfTheEntryBefore() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        assertThat(log.purge(5).get(10, TimeUnit.SECONDS)).isEqualTo(5);
        assertThat(log.getStartIndex()).isEqualTo(6);
        assertThat(log.getTermIndex(5)).isEqualTo(TermIndex.valueOf(TERM, 5));
        assertThat(log.getTermIndex(4)).isNull();
    }

    @Test
    void aPurgeTrimsNothingThatASnapshotOrALogNeeds() throws Exception {
        snapshots.floor = 3;
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        log.purge(5).get(10, TimeUnit.SECONDS);
        LoopbackCluster.await("the trim", () -> wal.startLsn() == 3);
        assertThat(EntryBytes.command(wal.read(3).payload())).isPresent();
    }

    @Test
    void theLastEntryIsNotPurged() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        log.purge(9).get(10, TimeUnit.SECONDS);
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 9));
    }

    /** Only the term is wanted of it, and a purge that throws makes Ratis close the division. */
    @Test
    void aPurgeUpToADamagedEntryIsPutOff() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        snapshots.latest = TermIndex.valueOf(TERM, 7); // of what is before it nothing is in memory after an open
        reopen();
        damageOnDisk(entry(TERM, 5));

        assertThat(log.purge(5).get(10, TimeUnit.SECONDS)).isEqualTo(RaftLog.INVALID_LOG_INDEX);
        assertThat(log.getStartIndex()).isZero();
        assertThat(log.get(4)).isEqualTo(entry(TERM, 4));
        assertThat(damage.places()).isOne();
        assertThat(failures).isEmpty();

        assertThat(log.purge(6).get(10, TimeUnit.SECONDS)).isEqualTo(6);
        assertThat(log.getTermIndex(6)).isEqualTo(TermIndex.valueOf(TERM, 6));
        LoopbackCluster.await("the trim", () -> wal.startLsn() == 6);
        reopen();
        assertThat(log.getStartIndex()).isEqualTo(7);
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 9));
    }

    @Test
    void anOpenThatNeedsADamagedEntrySaysWhich() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        snapshots.latest = TermIndex.valueOf(TERM, 7);
        wal.trimBefore(5); // the term of the first one that is left is needed
        log.close();
        damageOnDisk(entry(TERM, 5));
        assertThatThrownBy(this::open)
                .isInstanceOf(WalCorruptException.class)
                .hasMessageContaining("LSN 5 in ")
                .hasMessageContaining("is corrupt");
    }

    /** Flips a byte of its command. */
    private void damageOnDisk(LogEntryProto entry) throws IOException {
        String command = entry.getStateMachineLogEntry().getLogData().toStringUtf8();
        int flipped = 0;
        try (DirectoryStream<Path> segments = Files.newDirectoryStream(group.resolve("wal"), "*.seg")) {
            for (Path segment : segments) {
                int at = Files.readString(segment, StandardCharsets.ISO_8859_1).indexOf(command);
                if (at >= 0) {
                    try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
                        flipped += file.write(ByteBuffer.wrap(new byte[] {'x'}), at);
                    }
                }
            }
        }
        assertThat(flipped).isOne();
    }

    // ---- snapshots

    @Test
    void anInstalledSnapshotBeyondTheEndLeavesAnEmptyLogThatGoesOnBehindIt() throws Exception {
        log.append(entries(TERM, 0, 10));
        snapshots.latest = TermIndex.valueOf(TERM, 99);
        log.onSnapshotInstalled(99).get(10, TimeUnit.SECONDS);
        assertThat(log.getLastEntryTermIndex()).isNull();
        assertThat(log.getStartIndex()).isEqualTo(RaftLog.INVALID_LOG_INDEX);
        assertThat(log.getNextIndex()).isEqualTo(100);
        assertThat(log.getFlushIndex()).isEqualTo(99);
        assertThat(log.getLastCommittedIndex()).isEqualTo(99);
        assertThat(log.getSnapshotIndex()).isEqualTo(99);
        assertThat(log.append(entries(TERM, 100, 103)).getFirst().get(10, TimeUnit.SECONDS))
                .isEqualTo(102);
        reopen();
        assertThat(log.getNextIndex()).isEqualTo(103);
        assertThat(log.getTermIndex(99)).isEqualTo(TermIndex.valueOf(TERM, 99));
    }

    @Test
    void whoWaitsForAnEntryThatASnapshotReplacesIsNotLeftWaiting() throws Exception {
        CompletableFuture<Long> future = log.append(entries(TERM, 0, 10)).getFirst();
        snapshots.latest = TermIndex.valueOf(TERM, 99);
        log.onSnapshotInstalled(99);
        assertThat(future.get(10, TimeUnit.SECONDS)).isEqualTo(9);
    }

    @Test
    void anInstalledSnapshotInsideTheLogKeepsTheEntriesBehindIt() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        snapshots.latest = TermIndex.valueOf(TERM, 5);
        log.onSnapshotInstalled(5).get(10, TimeUnit.SECONDS);
        assertThat(log.getStartIndex()).isEqualTo(6);
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 9));
        assertThat(snapshots.adoptions).isZero();
    }

    @Test
    void anInstalledSnapshotOfAnotherTermReplacesTheLog() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        snapshots.latest = TermIndex.valueOf(TERM + 1, 5);
        log.onSnapshotInstalled(5).get(10, TimeUnit.SECONDS);
        assertThat(snapshots.adoptions).isOne();
        assertThat(log.getNextIndex()).isEqualTo(6);
        assertThat(log.getFlushIndex()).isEqualTo(5);
    }

    @Test
    void aCrashBetweenPublicationAndAdoptionIsMadeGoodAtTheOpen() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        snapshots.latest = TermIndex.valueOf(TERM + 1, 20);
        reopen();
        assertThat(snapshots.adoptions).isOne();
        assertThat(log.getNextIndex()).isEqualTo(21);
    }

    @Test
    void aLogThatBeginsBehindTheLastSnapshotIsRefused() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        wal.trimBefore(5);
        log.close();
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        StartRefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.SNAPSHOT_MISSING));
    }

    // ---- opening

    @Test
    void aRestartFindsEveryEntryAndTheFlushIndexAtTheEnd() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        reopen();
        assertThat(log.getLastEntryTermIndex()).isEqualTo(TermIndex.valueOf(TERM, 9));
        assertThat(log.getFlushIndex()).isEqualTo(9);
        assertThat(log.getStartIndex()).isZero();
        for (LogEntryProto entry : entries(TERM, 0, 10)) {
            assertThat(log.get(entry.getIndex())).isEqualTo(entry);
        }
    }

    @Test
    void theOpenFeedsConfigurationsAndTakesTheCommitIndexFromTheLastMetadata() throws Exception {
        log.append(List.of(
                        configuration(TERM, 0),
                        entry(TERM, 1),
                        metadata(TERM, 2, 0),
                        entry(TERM, 3),
                        metadata(TERM, 4, 3),
                        configuration(TERM, 5)))
                .getFirst()
                .get(10, TimeUnit.SECONDS);
        reopen();
        assertThat(fedAtOpen).containsExactly(configuration(TERM, 0), configuration(TERM, 5));
        assertThat(log.getLastCommittedIndex()).isEqualTo(3);
    }

    @Test
    void theConfigurationOfTheSnapshotIsFedFirst() throws Exception {
        log.append(entries(TERM, 0, 10)).getFirst().get(10, TimeUnit.SECONDS);
        snapshots.latest = TermIndex.valueOf(TERM, 5);
        snapshots.configuration = configuration(TERM, 4);
        reopen();
        assertThat(fedAtOpen).containsExactly(configuration(TERM, 4));
    }

    @Test
    void termAndKindAreInTheTag() throws Exception {
        append(configuration(TERM, 0)).get(10, TimeUnit.SECONDS);
        assertThat(wal.tag(0)).isEqualTo(TERM << 8 | LogEntryBodyCase.CONFIGURATIONENTRY.getNumber());
        assertThat(LogEntryProto.parseFrom(ByteString.copyFrom(wal.read(0).payload())))
                .isEqualTo(configuration(TERM, 0));
    }

    // ---- the end

    @Test
    void closingTwiceDoesNothingMore() throws IOException {
        append(entry(TERM, 0));
        log.close();
        log.close();
        assertThat(log.isOpened()).isFalse();
        assertThat(storage.closes).isOne();
    }

    /** As the log closes, so that nobody is told of the failure: who waits is, all the same. */
    @Test
    void whoWaitsWhileTheLogClosesIsAnsweredWhenTheDiskFails() throws Exception {
        append(entry(TERM, 0)).get(10, TimeUnit.SECONDS);
        disk.hold();
        CompletableFuture<Long> future = append(entry(TERM, 1));
        CompletableFuture<@Nullable Void> closing = new CompletableFuture<>();
        Thread closer = Thread.ofPlatform().daemon().start(() -> {
            try {
                log.close();
                closing.complete(null);
            } catch (IOException e) {
                closing.completeExceptionally(e);
            }
        });
        LoopbackCluster.await("the close waits for the disk", () -> closer.getState() == Thread.State.WAITING);
        disk.fail();

        assertThat(failure(closing)).isInstanceOf(WalPoisonedException.class);
        assertThat(failure(future)).isInstanceOf(AlreadyClosedException.class);
    }

    @Test
    void aClosedLogTakesNothing() throws IOException {
        log.close();
        assertThatThrownBy(() -> log.append(entries(TERM, 0, 1))).isInstanceOf(RuntimeException.class);
    }

    @Test
    void termAndVoteComeBack() throws IOException {
        log.persistMetadata(RaftStorageMetadata.valueOf(9, RaftPeerId.valueOf("n2")));
        append(entry(TERM, 0));
        reopen();
        assertThat(log.loadMetadata()).isEqualTo(RaftStorageMetadata.valueOf(9, RaftPeerId.valueOf("n2")));
    }

    @Test
    void aVoteThatIsGoneBesideALogIsRefused() throws IOException {
        append(entry(TERM, 0));
        log.close();
        storage.meta = RaftStorageMetadata.getDefault();
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        StartRefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.VOTE_LOST));
    }

    // ---- fixture

    private void open() throws IOException {
        fedAtOpen.clear();
        disk = new GatedStorage(group.resolve("wal"));
        wal = Wal.open(disk, options());
        damage = new Damage("test");
        try {
            log = WalRaftLog.create(division(), storage, properties, wal, snapshots, damage);
            log.open(log.getSnapshotIndex(), fedAtOpen::add);
        } catch (IOException | RuntimeException e) {
            wal.close();
            throw e;
        }
    }

    private static WalOptions options() {
        return WalOptions.defaults().withSizes(8 << 20, 2 << 20, 8 << 20);
    }

    private void reopen() throws IOException {
        log.close();
        open();
    }

    private RaftLogSeam.Division division() {
        RaftGroupMemberId member =
                RaftGroupMemberId.valueOf(RaftPeerId.valueOf("n1"), RaftGroupId.valueOf(new java.util.UUID(7, 8)));
        BaseStateMachine stateMachine = new BaseStateMachine() {
            @Override
            public void notifyLogFailed(Throwable cause, LogEntryProto entry) {
                failures.add(cause);
            }
        };
        return new RaftLogSeam.Division(
                member,
                stateMachine,
                () -> {
                    commitEvents.add(log.getFlushIndex());
                    onCommitEvent.run();
                },
                truncated::add,
                () -> snapshots.latest().map(TermIndex::getIndex).orElse(RaftLog.INVALID_LOG_INDEX),
                new RaftLogSeam.DivisionLock() {
                    @Override
                    public <T> T holding(Supplier<T> task) {
                        return task.get();
                    }
                },
                currentTerm::get);
    }

    /** Null when there is none. A future that never ends is no failure, as it would be to {@code failsWithin}. */
    private static @Nullable Throwable failure(CompletableFuture<?> future) throws Exception {
        return future.handle((_, failure) -> failure).get(10, TimeUnit.SECONDS);
    }

    private CompletableFuture<Long> append(LogEntryProto entry) {
        return log.appendEntry(entry);
    }

    private static List<LogEntryProto> entries(long term, long from, long to) {
        return LongStream.range(from, to).mapToObj(index -> entry(term, index)).toList();
    }

    private static LogEntryProto entry(long term, long index) {
        return entry(term, index, ByteString.copyFromUtf8(term + "/" + index));
    }

    private static LogEntryProto entry(long term, long index, ByteString command) {
        return LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setStateMachineLogEntry(StateMachineLogEntryProto.newBuilder()
                        .setLogData(command)
                        .setCallId(index))
                .build();
    }

    private static LogEntryProto configuration(long term, long index) {
        return LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setConfigurationEntry(RaftConfigurationProto.getDefaultInstance())
                .build();
    }

    private static LogEntryProto metadata(long term, long index, long commit) {
        return LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setMetadataEntry(MetadataProto.newBuilder().setCommitIndex(commit))
                .build();
    }

    private static final class FakeSnapshots implements SnapshotSource {
        private TermIndex latest = TermIndex.INITIAL_VALUE;
        private LogEntryProto configuration = LogEntryProto.getDefaultInstance();
        private long floor = Long.MAX_VALUE;
        private int adoptions;

        @Override
        public Optional<TermIndex> latest() {
            return Optional.of(latest).filter(snapshot -> snapshot.getIndex() >= 0);
        }

        @Override
        public Optional<LogEntryProto> configuration() {
            return Optional.of(configuration).filter(LogEntryProto::hasConfigurationEntry);
        }

        @Override
        public void afterInstall() {}

        @Override
        public void adoptInto(Wal wal) throws IOException {
            adoptions++;
            wal.reset(latest.getIndex() + 1);
        }

        @Override
        public void installed(@Nullable Throwable failure) {}

        @Override
        public long trimFloor() {
            return floor;
        }
    }

    private final class FakeStorage implements RaftStorage {
        private RaftStorageMetadata meta = RaftStorageMetadata.getDefault();
        private int closes;

        @Override
        public void initialize() {}

        @Override
        public RaftStorageDirectory getStorageDir() {
            return new RaftStorageDirectory() {
                @Override
                public File getRoot() {
                    return group.toFile();
                }

                @Override
                public boolean isHealthy() {
                    return true;
                }
            };
        }

        @Override
        public RaftStorageMetadataFile getMetadataFile() {
            return new RaftStorageMetadataFile() {
                @Override
                public RaftStorageMetadata getMetadata() {
                    return meta;
                }

                @Override
                public void persist(RaftStorageMetadata metadata) {
                    meta = metadata;
                }
            };
        }

        @Override
        public RaftServerConfigKeys.Log.CorruptionPolicy getLogCorruptionPolicy() {
            return RaftServerConfigKeys.Log.CorruptionPolicy.getDefault();
        }

        @Override
        public void close() {
            closes++;
        }
    }
}
